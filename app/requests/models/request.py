"""The request: one person asks for one role on one object, and somebody decides."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.core.states import StateMachine


class AccessRequest(UUIDModel, TimestampedModel):
    """One person's wish for a role on one object.

    A concrete subclass adds ``target``, a foreign key with ``related_name="access_requests"``, and
    ``ROLES``, the roles of that kind of object; where owners ask questions also ``answers``, a
    JSON field. Nobody has two open requests for one object.
    """

    class State(models.TextChoices):
        PENDING = "PENDING", "Waiting for a decision"
        ACCEPTED = "ACCEPTED", "Accepted"
        REJECTED = "REJECTED", "Rejected"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    MACHINE = StateMachine.of(
        {State.PENDING: (State.ACCEPTED, State.REJECTED, State.WITHDRAWN)}, states=State
    )
    ROLES: ClassVar[type[models.TextChoices]]
    target: Any
    answers: Any

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=30)
    message = models.TextField(max_length=1000, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        verbose_name = "access request"
        ordering = ("-created",)
        constraints = [
            models.UniqueConstraint(
                fields=("target", "user"),
                condition=models.Q(state="PENDING"),
                name="%(class)s_one_open_per_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} asks for access to {self.target}"

    @property
    def is_open(self) -> bool:
        """Tell whether nobody has decided yet."""
        return self.state == self.State.PENDING

    @property
    def role_name(self) -> str:
        """The role in words."""
        return role_name(self.ROLES, self.role)


def role_name(roles: type[models.TextChoices], role: str) -> str:
    """Return a role in words."""
    return str(dict(roles.choices).get(role, role))
