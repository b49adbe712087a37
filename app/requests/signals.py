"""What happens elsewhere that matters to requests."""

from typing import Any

from django.db.models.signals import post_save

from app.accounts.models import User
from app.core.tasks import enqueue_on_commit


def connect() -> None:
    """Look at the waiting requests of whoever becomes verified."""
    post_save.connect(_user_saved, sender=User, dispatch_uid="requests-of-verified")


def _user_saved(*, instance: User, created: bool, update_fields: Any = None, **rest: Any) -> None:
    named = update_fields is None or "verified_at" in update_fields
    if named and instance.is_verified and not created:
        enqueue_on_commit("app.requests.tasks.accept_verified", instance.pk)
