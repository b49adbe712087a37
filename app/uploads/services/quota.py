"""How much a user may have uploaded at once."""

from typing import Any

from django.conf import settings

from app.uploads.errors import QuotaReached, TooManyUploads
from app.uploads.selectors import live_count, used_bytes

MAX_LIVE = 20_000  # rows; a folder of DICOM files is thousands


def check_room(owner: Any, *, files: int = 0, more: int = 0) -> None:
    """Raise unless ``files`` further uploads and ``more`` bytes fit beside what is there."""
    if files and live_count(owner) + files > MAX_LIVE:
        raise TooManyUploads(f"You have created too many uploads; at most {MAX_LIVE:,} may wait.")
    limit = quota_of(owner)
    used = used_bytes(owner)
    if used + more > limit or (files and used >= limit):
        raise QuotaReached(
            f"Your uploads may hold {_size(limit)}, and {_size(used)} are in use.",
            advice=_advice(limit),
            limit=limit,
            used=used,
        )


def quota_of(owner: Any) -> int:
    """Return how many bytes the user's live uploads may hold; less before they were verified."""
    verified: int = settings.UPLOAD_QUOTA_BYTES
    if owner.is_verified:
        return verified
    return min(verified, settings.UPLOAD_QUOTA_UNVERIFIED_BYTES)


def _advice(limit: int) -> str:
    more: int = settings.UPLOAD_QUOTA_BYTES
    if limit >= more:
        return ""
    return (
        "Import or delete what you have uploaded, or have your institution verified: then it is "
        f"{_size(more)}."
    )


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.1f} MiB"
