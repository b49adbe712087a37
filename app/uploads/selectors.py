"""Reading uploads."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from app.core.access import fetch
from app.core.errors import NotFound
from app.uploads.models import LIVE, UserUpload
from app.uploads.policies import policy


def uploads_of(user: Any) -> QuerySet[UserUpload]:
    """Return the user's uploads, oldest first."""
    return policy.visible_to(user)


def get_upload_for(user: Any, pk: UUID | str) -> UserUpload:
    """Return the user's upload, else raise `NotFound`."""
    return fetch(policy, user=user, pk=pk)


def get_multipart_for(user: Any, pk: UUID | str, *, multipart_id: str) -> UserUpload:
    """Return the user's upload if its multipart id is the given one, else raise `NotFound`."""
    upload = get_upload_for(user, pk)
    if not upload.multipart_id or upload.multipart_id != multipart_id:
        raise NotFound
    return upload


def used_bytes(user: Any) -> int:
    """Return how much the user's live uploads hold, open ones by what is known of them."""
    total: int | None = uploads_of(user).filter(state__in=LIVE).aggregate(sum=Sum("size"))["sum"]
    return total or 0


def live_count(user: Any) -> int:
    """Return how many of the user's uploads are open or wait to be taken over."""
    return uploads_of(user).filter(state__in=LIVE).count()
