"""Fill in the demo."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from app.web.demo import seed


class Command(BaseCommand):
    """Makes the demo's people and data; refuses with production settings."""

    help = "Fills in the demo's people and data. What is there already is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, printing a line per step."""
        if not settings.DEMO:
            raise CommandError("These are production settings: the demo has no place here.")
        call_command("prepare_storage", stdout=self.stdout)
        seed(self._report)

    def _report(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
