"""`manage.py starter_kit CHALLENGE`: what `grand-challenge-forge pack` makes a starter kit of."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from app.challenges.kit.forge import starter_kit_context
from app.challenges.models import Challenge


class Command(BaseCommand):
    """Print a challenge as JSON for the public program `grand-challenge-forge`."""

    help = "Print a challenge as JSON for `grand-challenge-forge pack`."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the challenge's slug."""
        parser.add_argument("challenge", help="The slug of the challenge.")

    def handle(self, *args: Any, challenge: str, **options: Any) -> None:
        """Print the description."""
        found = Challenge.objects.filter(slug=challenge).first()
        if found is None:
            raise CommandError(f"There is no challenge with the slug “{challenge}”.")
        self.stdout.write(json.dumps(starter_kit_context(found), indent=2))
