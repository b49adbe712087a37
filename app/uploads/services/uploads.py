"""The life of an upload: started, signed for, completed or aborted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from app.core.errors import Conflict, ValidationFailed
from app.core.states import transition
from app.core.storage import (
    Completed,
    MultipartMissing,
    ObjectMissing,
    Part,
    PartReceipt,
    get_store,
)
from app.uploads.errors import QuotaReached
from app.uploads.models import UserUpload
from app.uploads.names import plain_filename
from app.uploads.services.content import discard_upload
from app.uploads.services.quota import check_room

PART_ADDRESS_LIFETIME = 3600  # seconds; long enough for a 32 MiB part on a slow line
MAX_SIGNED_AT_ONCE = 100
State = UserUpload.State


@dataclass(frozen=True)
class Announced:
    """A file that is about to be sent; ``size`` in bytes if the sender says so."""

    filename: str
    size: int = 0


def start_upload(*, owner: Any, filename: str, size: int = 0) -> UserUpload:
    """Open an upload and return it, ready for parts to be signed."""
    return start_uploads(owner=owner, files=[Announced(filename=filename, size=size)])[0]


def start_uploads(*, owner: Any, files: Sequence[Announced]) -> list[UserUpload]:
    """Open several uploads at once, or none where one of them cannot be.

    Rows come first, then the store is asked, then the rows move on: whatever breaks off between
    leaves pending rows and open multiparts, which the sweep removes.
    """
    for file in files:
        if file.size < 0:
            raise ValidationFailed(fields={"size": ["A size is not negative."]})
    rows = [
        UserUpload(owner=owner, filename=plain_filename(file.filename), size=file.size)
        for file in files
    ]
    check_room(owner, files=len(rows), more=sum(file.size for file in files))
    UserUpload.objects.bulk_create(rows)
    store = get_store()
    opened = [store.start_multipart(row.key) for row in rows]
    with transaction.atomic():
        for row, multipart_id in zip(rows, opened, strict=True):
            transition(row, State.INITIALIZED, actor=owner, multipart_id=multipart_id)
    return rows


def sign_parts(upload: UserUpload, numbers: Sequence[int]) -> Mapping[int, str]:
    """Return an address per part number to which the sender may PUT the part's bytes."""
    _require_open(upload)
    if len(numbers) > MAX_SIGNED_AT_ONCE:
        raise ValidationFailed(
            fields={"part_numbers": [f"Ask for at most {MAX_SIGNED_AT_ONCE} parts at a time."]}
        )
    _count_stored(upload)
    return _signed(upload, numbers)


def sign_first_part(upload: UserUpload) -> Mapping[int, str]:
    """Like `sign_parts` for part 1 of an upload that was just started: nothing to count yet."""
    return _signed(upload, [1])


def list_parts(upload: UserUpload) -> list[Part]:
    """Return the parts that have arrived, by number."""
    _require_open(upload)
    return get_store().list_parts(upload.key, multipart_id=upload.multipart_id)


def complete_upload(upload: UserUpload, *, receipts: Sequence[PartReceipt]) -> UserUpload:
    """Put the parts together; a repeated call answers like the first.

    The store works while the row is locked, so two calls never join the same parts.
    """
    with transaction.atomic():
        row = UserUpload.objects.select_for_update().get(pk=upload.pk)
        if row.state == State.COMPLETED:
            return row
        _require_open(row)
        done = _joined(row, receipts)
        transition(
            row,
            State.COMPLETED,
            actor=row.owner,
            size=done.size,
            sha256=done.sha256 or "",
        )
    _enforce_quota(row)
    return row


def abort_upload(upload: UserUpload, *, actor: Any = None, reason: str = "") -> UserUpload:
    """Give up an open upload and drop its parts; aborting an aborted one is fine."""
    if upload.state == State.ABORTED:
        return upload
    transition(upload, State.ABORTED, actor=actor, reason=reason, size=0)
    if upload.multipart_id:
        get_store().abort_multipart(upload.key, multipart_id=upload.multipart_id)
    return upload


def _signed(upload: UserUpload, numbers: Sequence[int]) -> Mapping[int, str]:
    return get_store().sign_parts(
        upload.key,
        multipart_id=upload.multipart_id,
        numbers=list(dict.fromkeys(numbers)),
        expires_in=PART_ADDRESS_LIFETIME,
    )


def _count_stored(upload: UserUpload) -> None:
    """Note how much has arrived, and stop whoever sends more than there is room for."""
    stored = sum(part.size for part in list_parts(upload))
    if stored > upload.size:
        UserUpload.objects.filter(pk=upload.pk, size__lt=stored).update(size=stored)
        upload.size = stored
    check_room(upload.owner)


def _joined(upload: UserUpload, receipts: Sequence[PartReceipt]) -> Completed:
    """Ask the store; if it had already joined them before we could write that down, go on."""
    store = get_store()
    try:
        return store.complete_multipart(
            upload.key, multipart_id=upload.multipart_id, parts=receipts
        )
    except MultipartMissing:
        try:
            return Completed(size=store.size(upload.key), sha256=None)
        except ObjectMissing:
            raise MultipartMissing(advice="Send the file again.") from None


def _enforce_quota(upload: UserUpload) -> None:
    """Sizes are only certain at the end; what does not fit is not kept."""
    try:
        check_room(upload.owner)
    except QuotaReached:
        discard_upload(upload)
        raise


def _require_open(upload: UserUpload) -> None:
    if not upload.is_open:
        raise Conflict(
            f"This upload is {upload.get_state_display().lower()}.",
            advice="Start a new upload.",
            state=upload.state,
        )
