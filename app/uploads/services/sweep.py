"""Removing what was never finished, never taken over, or lost its row.

No upload stays for ever: open ones have a day since anything last happened, completed ones a week
unless an application keeps them. Every step may run twice and at the same time as users work.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.db.models import ProtectedError
from django.utils import timezone

from app.core.errors import PortalError
from app.core.storage import get_store
from app.uploads.models import PREFIX, UserUpload
from app.uploads.registry import kept_uploads
from app.uploads.services.content import discard_upload
from app.uploads.services.uploads import abort_upload

logger = logging.getLogger(__name__)

OPEN_FOR = dt.timedelta(days=1)
KEPT_FOR = dt.timedelta(days=7)
_BATCH = 500
State = UserUpload.State


def sweep_uploads() -> dict[str, int]:
    """Do one round and return how much went, by reason."""
    return {
        "aborted": _abort_forgotten(),
        "discarded": _discard_unwanted(),
        "orphans": _delete_orphans(),
        "multiparts": _close_multiparts(),
        "drafts": get_store().tidy(older_than=OPEN_FOR),
    }


def _abort_forgotten() -> int:
    before = timezone.now() - OPEN_FOR
    count = 0
    for upload in UserUpload.objects.filter(
        state__in=(State.PENDING, State.INITIALIZED), modified__lt=before
    )[:_BATCH]:
        try:
            abort_upload(upload, reason="Nothing arrived for a day.")
            count += 1
        except PortalError:
            logger.info("Upload %s moved on while it was being swept.", upload.pk)
    return count


def _discard_unwanted() -> int:
    old = UserUpload.objects.filter(
        state__in=(State.COMPLETED, State.ABORTED), modified__lt=timezone.now() - KEPT_FOR
    )
    for kept in kept_uploads():
        old = old.exclude(pk__in=kept.order_by().values("pk"))
    count = 0
    for upload in old[:_BATCH]:
        try:
            discard_upload(upload)
            count += 1
        except ProtectedError:
            logger.info("Upload %s is still in use.", upload.pk)
    return count


def _delete_orphans() -> int:
    """Delete stored uploads whose row is gone (its user was deleted, or a step was cut off)."""
    store = get_store()
    before = timezone.now() - OPEN_FOR
    old = (found.key for found in store.list_objects(PREFIX) if found.modified < before)
    count = 0
    for keys in _batches(old):
        known = {f"{PREFIX}{pk}" for pk in _existing(keys)}
        for key in keys:
            if key not in known:
                store.delete(key)
                count += 1
    return count


def _close_multiparts() -> int:
    store = get_store()
    before = timezone.now() - OPEN_FOR
    count = 0
    for found in list(store.list_multiparts(PREFIX)):
        row = UserUpload.objects.filter(multipart_id=found.multipart_id, state=State.INITIALIZED)
        if found.started < before and not row.exists():
            store.abort_multipart(found.key, multipart_id=found.multipart_id)
            count += 1
    return count


def _existing(keys: list[str]) -> list[str]:
    names = [key.removeprefix(PREFIX) for key in keys]
    rows = UserUpload.objects.filter(pk__in=[name for name in names if _is_uuid(name)])
    return [str(pk) for pk in rows.values_list("pk", flat=True)]


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, _BATCH)):
        yield batch
