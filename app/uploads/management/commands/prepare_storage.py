"""``manage.py prepare_storage``: make the place that STORAGE_URL names ready."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.core.errors import PortalError
from app.core.storage import get_store


class Command(BaseCommand):
    """Create the folder or bucket, and let browsers of this site send to it; safe to repeat."""

    help = "Create the folder or bucket of STORAGE_URL and let browsers send to it."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, one line per step."""
        try:
            for line in get_store().prepare(origins=[settings.SITE_URL]):
                self.stdout.write(line)
        except PortalError as error:
            raise CommandError(f"{error.message} {error.advice}".strip()) from error
