"""``manage.py sqs_queues``: are the queues on SQS there, and do they hide messages long enough?"""

from argparse import ArgumentParser
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from app.core.sqs import look_at_queues, make_client, make_queues


class Command(BaseCommand):
    """Check the queues; make and mend them when asked to."""

    help = "Check the queues on Amazon SQS; --create makes and mends them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the wish to create."""
        parser.add_argument("--create", action="store_true", help="make and mend the queues")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for every queue; fail unless all are sound."""
        broker, prefix = settings.ENV.broker_url, settings.ENV.sqs_queues_url
        if not broker.startswith("sqs:"):
            raise CommandError("BROKER_URL names no SQS; there are no queues to look at.")
        try:
            client = make_client(broker, prefix)
            if options["create"]:
                make_queues(client, prefix)
            states = list(look_at_queues(client, prefix))
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"SQS cannot be used: {error}") from error
        for state in states:
            self.stdout.write(f"{state.url}  {state.problem or 'ok'}")
        if any(state.problem for state in states):
            raise CommandError("Run `manage.py sqs_queues --create`, or mend them by hand.")
