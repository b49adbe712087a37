"""Checking the whole log: every event against its seal, every seal against the signed heads.

Each event is checked against the hash *stored* for the one before, so that one damaged event is
one finding and not a million. Memory does not grow with the log.
"""

import time
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from app.audit.canonical import GENESIS, SELECT, Row, chained
from app.audit.models import SealProgress
from app.audit.services.findings import Finding, Findings, Kind, Report, moment_of
from app.audit.services.heads import Head, stored_heads
from app.core.storage import get_store

STALE_SECONDS = 60
CHUNK = 5000
_COMPARED = 60
"""How many edited events are compared with each other, to tell a swap from two edits."""

_Seal = tuple[int, int, bytes]  # event id, position, hash


class _Check:
    """One pass over seals and events, both by event id."""

    def __init__(self, heads: dict[int, Head]) -> None:
        self.heads = heads
        self.findings = Findings()
        self.events = self.seals = 0
        self.previous = GENESIS
        self.position = 0
        self.last: Row | None = None
        self.good: Head | None = None
        self.rewritten = False
        self.unsealed: Row | None = None
        self.edited: list[tuple[bytes, Row, bytes, Finding]] = []

    def look(self, seal: _Seal | None, row: Row | None, *, more_seals: bool) -> None:
        """Look at what there is of one event id."""
        if row is not None:
            self.events += 1
        if seal is None:
            assert row is not None  # noqa: S101 -- the merge yields at least one of them
            self._unsealed(row, more_seals=more_seals)
            return
        self.seals += 1
        event_id, position, digest = seal
        in_order = self._placed(event_id, position, row)
        if row is None:
            self.findings.add(Kind.DELETED, event_id, position=position, after=self.last)
        elif in_order and chained(self.previous, row) != digest:
            found = self.findings.add(
                Kind.EDITED, row.id, position=position, row=row, after=self.last
            )
            if len(self.edited) < _COMPARED:
                self.edited.append((self.previous, row, digest, found))
        self._compared(event_id, position, digest, row)
        self.previous, self.position = digest, position
        self.last = row or self.last

    def _placed(self, event_id: int, position: int, row: Row | None) -> bool:
        """Tell whether the seal follows the one before; what is amiss is noted."""
        if position == self.position + 1:
            return True
        kind = Kind.CUT_OUT if position > self.position + 1 else Kind.REORDERED
        lost = max(0, position - self.position - 1)
        self.findings.add(kind, event_id, position=position, row=row, after=self.last, lost=lost)
        return False

    def _unsealed(self, row: Row, *, more_seals: bool) -> None:
        if more_seals:
            self.findings.add(Kind.INSERTED, row.id, row=row, after=self.last)
        elif self.unsealed is None:
            self.unsealed = row

    def _compared(self, event_id: int, position: int, digest: bytes, row: Row | None) -> None:
        head = self.heads.pop(position, None)
        if head is None:
            return
        if head.hash == digest.hex() and head.event_id == event_id:
            self.good = head
        elif not self.rewritten:
            self.rewritten = True
            self.findings.add(
                Kind.REWRITTEN, event_id, position=position, row=row, head=head, good=self.good
            )

    def finish(self) -> None:
        """Judge what shows only at the end."""
        beyond = [head for place, head in self.heads.items() if place > self.position]
        if beyond:
            head = max(beyond, key=lambda one: one.position)
            lost = head.position - self.position
            first = self.last.id if self.last else 0
            self.findings.add(
                Kind.CUT_TAIL, first, position=self.position, row=self.last, head=head, lost=lost
            )
        for (a_before, a, a_hash, found), (b_before, b, b_hash, other) in combinations(
            self.edited, 2
        ):
            swapped = chained(a_before, b._replace(id=a.id)) == a_hash
            if swapped and chained(b_before, a._replace(id=b.id)) == b_hash:
                self.findings.make_swap(found, other)
        age = timezone.now().timestamp() - self.unsealed.at / 1e6 if self.unsealed else 0
        if self.unsealed is not None and age > STALE_SECONDS:
            self.findings.add(Kind.UNSEALED, self.unsealed.id, row=self.unsealed, after=self.last)


def verify() -> Report:
    """Check everything and say what was found; changes nothing."""
    started = time.monotonic()
    heads, findings, count = _known_heads()
    check = _Check(dict(heads))
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:  # seals and events are read as of one moment
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for seal, row, more in _merged(_seals(), _rows()):
            check.look(seal, row, more_seals=more)
        progress = SealProgress.objects.filter(pk=1).first()
    check.finish()
    newest = max(heads.values(), key=lambda head: head.position, default=None)
    if progress and progress.head_position > (newest.position if newest else 0):
        findings.add(Kind.HEADS_MISSING, 0, position=progress.head_position, head=newest)
    findings.extend(check.findings)
    seconds = time.monotonic() - started
    return Report(
        findings=findings,
        events=check.events,
        sealed=check.seals,
        heads=count,
        last_sealed=check.last.id if check.last else 0,
        last_at=moment_of(check.last),
        last_head=newest.at if newest else "",
        last_head_position=newest.position if newest else 0,
        seconds=seconds,
    )


def _known_heads() -> tuple[dict[int, Head], Findings, int]:
    """The signed heads by position. Read before the log, which is thus never behind them.

    Two heads of one position say the same or one of them is damage.
    """
    findings = Findings()
    heads: dict[int, Head] = {}
    count = 0
    for stored in stored_heads(get_store()):
        count += 1
        if stored.head is None:
            findings.add(Kind.HEAD_DAMAGED, 0, detail=stored.key)
            continue
        known = heads.setdefault(stored.head.position, stored.head)
        if known.hash != stored.head.hash:
            findings.add(Kind.REWRITTEN, known.event_id, position=known.position, head=known)
    return heads, findings, count


def _merged(
    seals: Iterator[_Seal], rows: Iterator[Row]
) -> Iterator[tuple[_Seal | None, Row | None, bool]]:
    """Yield seal and event of each id, one of them missing at times; and: are there more seals."""
    seal, row = next(seals, None), next(rows, None)
    while seal is not None or row is not None:
        if row is None or (seal is not None and seal[0] < row.id):
            yield seal, None, True
            seal = next(seals, None)
        elif seal is None or row.id < seal[0]:
            yield None, row, seal is not None
            row = next(rows, None)
        else:
            yield seal, row, True
            seal, row = next(seals, None), next(rows, None)


def _seals() -> Iterator[_Seal]:
    for event_id, position, digest in _streamed(
        "SELECT event_id, position, hash FROM audit_seal ORDER BY event_id"
    ):
        yield event_id, position, bytes(digest)


def _rows() -> Iterator[Row]:
    for row in _streamed(f"{SELECT} ORDER BY id"):
        yield Row(*row)


def _streamed(statement: str) -> Iterator[Any]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows
