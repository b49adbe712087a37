"""Results on their way in: addresses to send them to, putting them together, discarding them."""

import hashlib
import math
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from app.core.errors import Conflict
from app.core.storage import MultipartMissing, ObjectMissing, PartReceipt, get_store
from app.execution.contract import CollectedOutput
from app.execution.gateway.base import Enclosed, Sent, Slip
from app.execution.models import IncomingOutput, Job
from app.execution.services.drafts import forget_drafts

PART_SIZE = 32 * 2**20
LIFETIME = 3600  # seconds that an address takes bytes
STRAY_AFTER = timedelta(days=1)


class NotAsSent(Exception):
    """What lies in storage is not what the worker said it sent."""


def open_slip(job: Job, output: CollectedOutput) -> Slip:
    """Make room for one output of the job's present run; asking again starts anew."""
    _require_declared(job, output.slug)
    if output.size > job.record["limits"]["output"]:
        raise Conflict(f"The output {output.slug!r} is larger than the run's limit.")
    discard_incoming(IncomingOutput.objects.filter(run_id=job.run_id, slug=output.slug))
    incoming = IncomingOutput.objects.create(
        job=job,
        run_id=job.run_id,
        slug=output.slug,
        filename=output.filename[-255:],
        size=output.size,
        sha256=output.sha256,
    )
    store = get_store()
    incoming.multipart_id = store.start_multipart(incoming.key)
    incoming.save(update_fields=["multipart_id", "modified"])
    numbers = range(1, math.ceil(output.size / PART_SIZE) + 1)
    addresses = store.sign_parts(
        incoming.key, multipart_id=incoming.multipart_id, numbers=numbers, expires_in=LIFETIME
    )
    return Slip(part_size=PART_SIZE, addresses=[addresses[number] for number in numbers])


def note_sent(job: Job, sent: Sequence[Sent]) -> None:
    """Note that all bytes are there; raise `Conflict` when an output was never announced."""
    for output in sent:
        rows = IncomingOutput.objects.filter(run_id=job.run_id, slug=output.slug)
        if not rows.update(receipts=list(output.etags), modified=timezone.now()):
            raise Conflict(f"The output {output.slug!r} was not announced.")


def note_enclosed(job: Job, enclosed: Sequence[Enclosed]) -> None:
    """Keep small outputs that came along with the ending, until they are read."""
    for output in enclosed:
        row = enclosed_row(job, output)
        discard_incoming(IncomingOutput.objects.filter(run_id=job.run_id, slug=output.slug))
        row.save(force_insert=True)


def enclosed_row(job: Job, output: Enclosed) -> IncomingOutput:
    """Return the row of a small output, which is not stored yet."""
    _require_declared(job, output.slug)
    return IncomingOutput(
        job=job,
        run_id=job.run_id,
        slug=output.slug,
        filename=output.filename[-255:],
        size=len(output.content),
        sha256=hashlib.sha256(output.content).hexdigest(),
        content=output.content,
    )


def _require_declared(job: Job, slug: str) -> None:
    if slug not in job.record.get("declared", []):
        raise Conflict(f"This run has no output {slug!r}.")


def fetch_incoming(incoming: IncomingOutput, *, path: Path) -> None:
    """Write what was sent to a local path; may be done again after being cut off.

    Raises `NotAsSent` for other bytes than were announced.
    """
    if incoming.content is not None:
        path.write_bytes(incoming.content)
        return
    _join(incoming)
    if get_store().fetch_to(incoming.key, path=path) != incoming.size:
        raise NotAsSent(f"{incoming} has another size than its worker said.")


@transaction.atomic
def discard_incoming(rows: QuerySet[IncomingOutput]) -> int:
    """Delete rows now, and their bytes once that is committed."""
    gone = list(rows)
    IncomingOutput.objects.filter(pk__in=[row.pk for row in gone]).delete()

    def drop() -> None:
        for row in gone:
            _drop_bytes(row)

    # Should this fail half-way, the sweep finds what has no row.
    transaction.on_commit(drop, robust=True)
    return len(gone)


def clear_away(rows: QuerySet[IncomingOutput]) -> int:
    """Delete the bytes of results that were read or are not wanted, and then their rows.

    The row is what is still to do: whatever interrupts this, it is done again.
    """
    count = 0
    for row in rows.select_related("job"):
        _drop_bytes(row)
        if row.job.finished_at is not None:
            forget_drafts(row.pk, before=row.job.finished_at)
        count += row.delete()[0]
    return count


def _drop_bytes(row: IncomingOutput) -> None:
    if row.content is None:
        store = get_store()
        if row.multipart_id:
            store.abort_multipart(row.key, multipart_id=row.multipart_id)
        store.delete(row.key)


def discard_unclaimed() -> int:
    """Discard what belongs to a job that has ended, or to a run that was taken from its worker."""
    a_while_ago = timezone.now() - timedelta(seconds=2 * settings.RECONCILE_SECONDS)
    old = IncomingOutput.objects.filter(modified__lt=a_while_ago)
    unwanted = [
        row.pk
        for row in old.select_related("job").order_by("modified")[:500]
        if row.job.is_finished or row.run_id != row.job.run_id
    ]
    return clear_away(IncomingOutput.objects.filter(pk__in=unwanted)) if unwanted else 0


def sweep_incoming() -> int:
    """Delete objects and open uploads below ``incoming/`` that no row knows any more."""
    store = get_store()
    before = timezone.now() - STRAY_AFTER
    known = {row.key for row in IncomingOutput.objects.all()}
    count = 0
    for found in list(store.list_objects(IncomingOutput.PREFIX)):
        if found.modified < before and found.key not in known:
            store.delete(found.key)
            count += 1
    for open_one in list(store.list_multiparts(IncomingOutput.PREFIX)):
        if open_one.started < before and open_one.key not in known:
            store.abort_multipart(open_one.key, multipart_id=open_one.multipart_id)
            count += 1
    return count


def _join(incoming: IncomingOutput) -> None:
    store = get_store()
    if not incoming.multipart_id:
        return
    receipts = [
        PartReceipt(number=number, etag=str(etag))
        for number, etag in enumerate(incoming.receipts, start=1)
    ]
    try:
        store.complete_multipart(incoming.key, multipart_id=incoming.multipart_id, parts=receipts)
    except MultipartMissing:
        try:
            store.stat(incoming.key)  # joined before we could write that down
        except ObjectMissing:
            raise NotAsSent(f"{incoming} is not there.") from None
    incoming.multipart_id = ""
    incoming.save(update_fields=["multipart_id", "modified"])
