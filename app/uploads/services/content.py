"""Reading completed uploads, and taking them over."""

from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.db.models import QuerySet

from app.audit.services import record
from app.core.errors import Conflict
from app.core.storage import StoredObject, get_store
from app.uploads.errors import UploadNotComplete
from app.uploads.models import UserUpload
from app.uploads.registry import kept_uploads


def open_upload(upload: UserUpload) -> BinaryIO:
    """Return a seekable reader over the bytes; nothing is fetched before it is read."""
    return get_store().open(_completed(upload).key)


def fetch_upload(upload: UserUpload, *, path: Path) -> int:
    """Write the bytes to a local path and return the size."""
    return get_store().fetch_to(_completed(upload).key, path=path)


@transaction.atomic
def consume_upload(upload: UserUpload, *, to: str) -> StoredObject:
    """Move the bytes to the storage key ``to`` and drop the upload once that is committed.

    May run twice: while the transaction has not committed the upload is still there, and copying
    again writes the same bytes.
    """
    current = UserUpload.objects.select_for_update().filter(pk=upload.pk).first()
    if current is None:
        raise UploadNotComplete(
            f"“{upload.filename}” was taken already.", advice="Send the file again."
        )
    stored = get_store().copy(_completed(current).key, to=to)
    discard_upload(current)
    return stored


def withdraw_upload(upload: UserUpload) -> None:
    """Delete an upload at its owner's wish, unless an application is at work on it."""
    for kept in kept_uploads():
        if kept.filter(pk=upload.pk).exists():
            raise Conflict(
                f"“{upload.filename}” is in use and cannot be deleted now.",
                advice="Wait until its import has ended.",
            )
    with transaction.atomic():
        record("uploads.upload.withdrawn", obj=upload, actor=upload.owner)
        discard_upload(upload)


def discard_upload(upload: UserUpload) -> None:
    """Delete the row now, and the bytes (or the open parts) once that is committed."""
    key, multipart_id, was_open = upload.key, upload.multipart_id, upload.is_open
    upload.delete()

    def drop() -> None:
        store = get_store()
        if was_open and multipart_id:
            store.abort_multipart(key, multipart_id=multipart_id)
        store.delete(key)

    # Should this fail, the sweep finds an object without a row.
    transaction.on_commit(drop, robust=True)


@transaction.atomic
def discard_uploads(uploads: QuerySet[UserUpload]) -> None:
    """Like `discard_upload` for many completed ones, in a few statements."""
    chosen = list(uploads.filter(state=UserUpload.State.COMPLETED).values_list("pk", flat=True))
    keys = [UserUpload(pk=pk).key for pk in chosen]
    UserUpload.objects.filter(pk__in=chosen).delete()

    def drop() -> None:
        store = get_store()
        for key in keys:
            store.delete(key)

    # Should this fail half-way, the sweep finds objects without a row.
    transaction.on_commit(drop, robust=True)


def _completed(upload: UserUpload) -> UserUpload:
    if upload.state != UserUpload.State.COMPLETED:
        raise UploadNotComplete(
            f"“{upload.filename}” is not completely uploaded.", advice="Send the file again."
        )
    return upload
