"""The sealer: in the order of ids, past nobody who is not done, and in nobody's way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from app.accounts.models import User
from app.audit.canonical import COLUMNS, GENESIS, SELECT, Row, canonical, chained
from app.audit.models import Event, Seal, SealProgress
from app.audit.selectors import seal_state
from app.audit.services import record, seal, sealing, verify

NAME = "accounts.user.signed_in"
real = pytest.mark.django_db(transaction=True)
WAIT = 20.0


def write(count: int = 1, **data: Any) -> list[int]:
    for _ in range(count):
        record(NAME, obj=None, data=data)
    return list(Event.objects.order_by("-id").values_list("id", flat=True)[:count])[::-1]


def sealed() -> list[int]:
    return list(Seal.objects.values_list("event_id", flat=True))


class Writer:
    """Another connection with an open transaction that goes on when it is told to."""

    def __init__(self, *, count: int = 1) -> None:
        self._go, self._wrote = threading.Event(), threading.Event()
        self._roll_back = False
        self._thread = threading.Thread(target=self._run, args=(count,), daemon=True)
        self._thread.start()
        assert self._wrote.wait(WAIT), "the writer waits for somebody"

    def _run(self, count: int) -> None:
        try:
            with transaction.atomic():
                for _ in range(count):
                    record(NAME, obj=None, data={"by": "a writer"})
                self._wrote.set()
                self._go.wait(WAIT)
                transaction.set_rollback(self._roll_back)
        finally:
            connection.close()

    def end(self, *, roll_back: bool = False) -> None:
        self._roll_back = roll_back
        self._go.set()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()


@pytest.fixture
def open_writer() -> Iterator[Callable[..., Writer]]:
    opened: list[Writer] = []

    def start(**given: Any) -> Writer:
        opened.append(Writer(**given))
        return opened[-1]

    yield start
    for writer in opened:
        writer.end()


@contextmanager
def elsewhere(work: Callable[[], None]) -> Iterator[None]:
    """Run ``work`` in a thread with its own connection while the block runs."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    thread.join(WAIT)
    assert not thread.is_alive()


@pytest.mark.django_db
class TestChain:
    def test_each_hash_is_over_the_one_before_and_the_event(self) -> None:
        ids = write(3)
        assert seal().count == 3
        with connection.cursor() as cursor:
            cursor.execute(f"{SELECT} ORDER BY id")
            rows = [Row(*row) for row in cursor.fetchall()]
        before = GENESIS
        for position, (row, link) in enumerate(zip(rows, Seal.objects.all(), strict=True), 1):
            before = chained(before, row)
            assert (link.event_id, link.position, bytes(link.hash)) == (row.id, position, before)
        assert [row.id for row in rows] == ids

    def test_every_column_is_hashed(self) -> None:
        assert {field.attname for field in Event._meta.concrete_fields} == set(COLUMNS)
        row = Row(1, 2, "a.b.c", 3, "o", "i", "r", "a", "{}")
        changed = [4, 5, "x.b.c", None, "p", "j", "s", "b", '{"a": 1}']
        spellings = {canonical(row)} | {
            canonical(row._replace(**{name: value}))
            for name, value in zip(Row._fields, changed, strict=True)
        }
        assert len(spellings) == len(COLUMNS) + 1
        moved = row._replace(object_type="oi", object_id="")
        assert canonical(moved) != canonical(row), "text cannot wander between columns"

    def test_it_goes_on_where_it_stopped(self) -> None:
        first = write(2)
        seal()
        assert seal().count == 0
        second = write(2)
        assert seal().count == 2
        assert sealed() == first + second
        assert verify().sound

    def test_a_backlog_of_many_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sealing, "BATCH", 3)
        ids = write(10)
        assert seal().count == 10
        assert sealed() == ids
        assert verify().sound

    def test_odd_texts_and_numbers(self, user: User) -> None:
        record(NAME, obj=user, data={"t": '“é\u2028\U0001f600\\"', "n": [0.1, 1e300, -0.0, 2**70]})
        seal()
        assert verify().sound

    def test_by_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        write(2)
        call_command("audit", "seal")
        assert "Sealed 2 event(s)." in capsys.readouterr().out


@pytest.mark.django_db
class TestState:
    """What people are told of the sealer."""

    def test_a_new_log_is_not_late_before_its_first_head(self) -> None:
        write(1)
        seal()
        state = seal_state()
        assert state.headed_at is None
        assert not state.is_late
        old = timezone.now() - timedelta(minutes=6)
        assert replace(state, begun_at=old).is_late
        assert not replace(state, begun_at=old, headed_at=timezone.now()).is_late


@real
class TestManyWriters:
    def test_nobody_waits_for_an_open_transaction(self, open_writer: Callable[..., Writer]) -> None:
        """One writer holds a transaction with an event; fifty others commit meanwhile."""
        slow = open_writer()
        done = []

        def one(number: int) -> None:
            try:
                with transaction.atomic():
                    record(NAME, obj=None, data={"number": number})
                done.append(number)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(n,), daemon=True) for n in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        assert sorted(done) == list(range(50))
        slow.end()
        seal()
        assert len(sealed()) == 51
        assert verify().sound

    def test_nobody_waits_for_the_sealer(self) -> None:
        with transaction.atomic():
            write()
        with transaction.atomic():
            assert sealing._seal_step() is not None
            with elsewhere(lambda: record(NAME, obj=None)):
                pass
        assert Event.objects.count() == 2

    def test_a_low_id_that_commits_late_is_waited_for(
        self, open_writer: Callable[..., Writer]
    ) -> None:
        before = write()
        late = open_writer()
        after = write()
        assert seal(patience=0).count == 0, "what came before may have a lower neighbor yet"
        assert seal(patience=0).count == 0
        late.end()
        seal()
        ids = sealed()
        assert len(ids) == 3
        assert ids == sorted(ids)
        assert ids[0] == before[0]
        assert ids[2] == after[0]
        assert verify().sound

    def test_a_transaction_that_began_later_does_not_hold_up_what_was_settled(
        self, open_writer: Callable[..., Writer]
    ) -> None:
        first = open_writer()
        ids = write()
        seal(patience=0)
        second = open_writer()
        first.end()
        seal(patience=0)
        assert sealed()[-1] == ids[0], "settled, though another transaction is open"
        assert len(sealed()) == 2
        second.end()
        seal()
        assert len(sealed()) == 3
        assert verify().sound

    def test_an_older_number_with_a_later_id(self, open_writer: Callable[..., Writer]) -> None:
        """The order of transaction numbers is not the order of ids either."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
            younger = open_writer()
            record(NAME, obj=None, data={"by": "the older transaction, with the later id"})
        seal(patience=0)
        assert sealed() == []
        younger.end()
        seal()
        assert len(sealed()) == 2
        assert verify().sound

    def test_ids_of_transactions_that_were_rolled_back_are_legal_gaps(
        self, open_writer: Callable[..., Writer]
    ) -> None:
        before = write()
        lost = open_writer(count=3)
        after = write()
        seal(patience=0)
        lost.end(roll_back=True)
        seal()
        assert sealed() == before + after
        assert after[0] - before[0] == 4
        assert verify().sound

    def test_one_sealer_at_a_time(self) -> None:
        write(2)
        found: list[sealing.Sealed] = []
        with transaction.atomic():
            assert sealing._seal_step() is not None
            with elsewhere(lambda: found.append(seal())):
                pass
        assert found == [sealing.Sealed(0, busy=True)]
        assert len(sealed()) == 2

    def test_progress_of_another_cluster_stops_nothing(self) -> None:
        """After a restore the noted transactions mean nothing; they only must not block."""
        write()
        SealProgress.objects.create(fence_id=1, fence_holders=["3/1", "9/9"])
        seal()
        assert len(sealed()) == 1
