"""A message on its way out of the portal."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class OutgoingMail(UUIDModel, TimestampedModel):
    """One e-mail as it was rendered, and how far it has come.

    ``content`` is the message byte for byte, the same at every attempt, so a receiver recognizes
    a repeated one by its Message-ID. ``remaining`` are the recipients that no server has taken
    it for yet. ``user`` is whom it is for, where a single recipient has an account here.
    """

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Waiting"
        SENDING = "SENDING", "Being sent"
        SENT = "SENT", "Sent"
        FAILED = "FAILED", "Failed"
        KEPT = "KEPT", "Kept here"
        DROPPED = "DROPPED", "Not sent"

    MACHINE = StateMachine.of(
        {
            State.QUEUED: (State.SENDING, State.KEPT, State.DROPPED),
            State.SENDING: (State.SENT, State.QUEUED, State.FAILED),
            State.FAILED: (State.QUEUED,),
            State.KEPT: (State.QUEUED,),
        },
        states=State,
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    sender = models.CharField(max_length=320)
    recipients = ArrayField(models.CharField(max_length=320))
    remaining = ArrayField(models.CharField(max_length=320))
    subject = models.CharField(max_length=300)
    content = models.BinaryField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    give_up_at = models.DateTimeField()
    attempted_at = models.DateTimeField(null=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    lease_expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created",)
        verbose_name = "message"
        indexes = [models.Index(fields=("state", "due_at"))]

    def __str__(self) -> str:
        return self.subject

    @property
    def recipients_text(self) -> str:
        """To whom it goes."""
        return ", ".join(self.recipients)

    @property
    def can_be_retried(self) -> bool:
        """Tell whether sending it (again) may be asked for."""
        return self.state in (self.State.FAILED, self.State.KEPT)

    @property
    def next_attempt(self) -> datetime | None:
        """When it is tried next, if it is."""
        return self.due_at if self.state == self.State.QUEUED else None

    def parsed(self) -> EmailMessage:
        """Return the message to look into."""
        found: Any = message_from_bytes(bytes(self.content), policy=policy.default)
        return found  # type: ignore[no-any-return]

    def text(self) -> str:
        """Return its plain text."""
        return self._body("plain")

    def html(self) -> str:
        """Return its HTML alternative."""
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.parsed().get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
