"""The one sealer: chains committed events by hash, in the order of their ids.

Ids are drawn before transactions commit, so a low id may appear after a higher one. The sealer
therefore waits at a *fence*: the highest id it sees, and the transactions that hold a writer's lock
on the events just then. PostgreSQL takes that lock before the id is drawn and releases it after the
row is visible to others, so once those transactions have ended, whatever is missing below the fence
was rolled back and never comes. Writers wait for nobody.
"""

import time
from dataclasses import dataclass

from django.db import connection, transaction

from app.audit.canonical import GENESIS, SELECT, Row, chained
from app.audit.models import Seal, SealProgress

LOCK = 0x48_4F_55_4E_53_45_41_4C
"""Key of the advisory lock that lets one sealer work at a time (``HOUNSEAL``)."""
BATCH = 2000


@dataclass(frozen=True)
class Sealed:
    """What one run did; ``busy`` when another sealer is at work."""

    count: int = 0
    busy: bool = False


@dataclass(frozen=True)
class _Step:
    count: int
    waiting: bool


def seal(*, max_seconds: float = 30.0, patience: float = 1.0) -> Sealed:
    """Seal what is settled, in transactions of `BATCH` events; safe to call at any time.

    Most transactions are over in milliseconds, so for ``patience`` seconds it waits for those
    that stand in the way.
    """
    started = time.monotonic()
    count = 0
    while True:
        step = _seal_step()
        if step is None:
            return Sealed(count, busy=True)
        count += step.count
        passed = time.monotonic() - started
        if step.count < BATCH:
            if not step.waiting or passed > patience:
                return Sealed(count)
            time.sleep(0.05)
        elif passed > max_seconds:
            return Sealed(count)


@transaction.atomic
def _seal_step() -> _Step | None:
    """Seal one batch; None when another sealer holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return None
    progress = SealProgress.objects.filter(pk=1).first() or SealProgress(pk=1)
    moved = _advance(progress)
    last = Seal.objects.order_by("-position").first()
    rows = _settled_rows(after=last.event_id if last else 0, settled=progress.settled)
    seals = _chain(rows, last)
    Seal.objects.bulk_create(seals)
    if moved:
        names = ("settled", "fence_id", "fence_holders")
        SealProgress.objects.update_or_create(
            pk=1, defaults={name: getattr(progress, name) for name in names}
        )
    return _Step(count=len(seals), waiting=progress.fence_id > progress.settled)


def _advance(progress: SealProgress) -> bool:
    """Move ``settled`` to where no open transaction can add an event; tell whether it changed.

    First the highest id, then who may still add a lower one; the other way round would miss
    somebody.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM audit_event")
        highest: int = cursor.fetchone()[0]
    if highest <= progress.settled:
        return False
    holders = _writers()
    if not holders:
        progress.settled, progress.fence_id, progress.fence_holders = highest, 0, []
        return True
    if progress.fence_id > progress.settled:
        still = sorted(holders & set(progress.fence_holders))
        if still:
            changed: bool = still != progress.fence_holders
            progress.fence_holders = still
            return changed
        progress.settled = progress.fence_id
    if highest > progress.settled:
        progress.fence_id, progress.fence_holders = highest, sorted(holders)
    return True


def _writers() -> set[str]:
    """Return the other transactions that have written, or are about to write, events."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation'"
            " AND relation = 'audit_event'::regclass AND mode = 'RowExclusiveLock' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND pid IS DISTINCT FROM pg_backend_pid()"
        )
        return {row[0] for row in cursor.fetchall()}


def _settled_rows(*, after: int, settled: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"{SELECT} WHERE id > %s AND id <= %s ORDER BY id LIMIT %s", [after, settled, BATCH]
        )
        return [Row(*row) for row in cursor.fetchall()]


def _chain(rows: list[Row], last: Seal | None) -> list[Seal]:
    position, digest = (last.position, bytes(last.hash)) if last else (0, GENESIS)
    seals = []
    for row in rows:
        position += 1
        digest = chained(digest, row)
        seals.append(Seal(event_id=row.id, position=position, hash=digest))
    return seals
