"""Giving back the storage of archives, which several rows may share."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from app.core.storage import ObjectMissing, get_store
from app.execution.models.checked_upload import CheckedUpload


def release(row: CheckedUpload) -> None:
    """Delete the row's bytes after commit, unless another row still holds them.

    The rows that share them are locked meanwhile, so that nobody takes up what is about to go.
    """
    sharing = type(row)._default_manager.select_for_update(of=("self",)).filter(key=row.key)
    holders = [other for other in sharing if other.pk != row.pk and other.reclaimed_at is None]
    if not holders:
        key = row.key
        transaction.on_commit(lambda: _delete(key), robust=True)


def _delete(key: str) -> None:
    try:
        get_store().delete(key)
    except ObjectMissing:
        return


@transaction.atomic
def reclaim(row: CheckedUpload) -> None:
    """Give an upload's bytes back; the row, its digest and its record stay."""
    current = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if current.reclaimed_at is None:
        release(current)
        type(row)._default_manager.filter(pk=row.pk).update(reclaimed_at=timezone.now())
    row.refresh_from_db()


def refused_and_due(rows: QuerySet[CheckedUpload]) -> QuerySet[CheckedUpload]:
    """Return refused uploads whose bytes were kept long enough to be looked at."""
    long_ago = timezone.now() - timedelta(days=settings.CONTAINER_KEEP_REFUSED_DAYS)
    return rows.filter(state=CheckedUpload.State.INVALID, reclaimed_at=None, modified__lt=long_ago)
