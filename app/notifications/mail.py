"""Django's e-mail backend of the portal: what is sent is stored first and delivered later."""

from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from app.notifications.services.queueing import queue_message


class QueuedBackend(BaseEmailBackend):
    """Stores each message in the transaction under way; delivery starts once that commits."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store the messages and return how many there were; bad ones raise ``ValueError``."""
        stored = 0
        for message in email_messages:
            stored += self._stored(message)
        return stored

    def _stored(self, message: Any) -> bool:
        try:
            return queue_message(message) is not None
        except ValueError:  # a line break in a header, no address
            if not self.fail_silently:
                raise
            return False
