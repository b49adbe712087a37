"""Roles on objects: one abstract table that each kind of object makes concrete."""

from django.conf import settings
from django.db import models

from app.core.models import TimestampedModel, UUIDModel


class Membership(UUIDModel, TimestampedModel):
    """One user's role on one object.

    A concrete subclass adds ``target``, a foreign key with ``related_name="memberships"``, and
    ``class Role(models.TextChoices)``; what a role may do is written in the object's policy.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=True
    )
    role = models.CharField(max_length=30)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=("target", "user"), name="%(class)s_one_role_per_user")
        ]
