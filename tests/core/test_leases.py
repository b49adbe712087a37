from threading import Event

import pytest
from django.db import connection

from app.core.leases import kept_lease


def test_it_is_extended_while_the_block_runs_and_not_after() -> None:
    twice, count = Event(), []

    def extend() -> bool:
        count.append(1)
        if len(count) == 2:
            twice.set()
        return True

    with kept_lease("test", extend=extend, every=0.01):
        assert twice.wait(timeout=10)
    seen = len(count)
    assert not Event().wait(0.05)
    assert len(count) == seen


def test_it_ends_when_the_work_is_somebody_elses() -> None:
    called = Event()

    def extend() -> bool:
        assert not called.is_set()
        called.set()
        return False

    with kept_lease("test", extend=extend, every=0.01):
        assert called.wait(timeout=10)
        assert not Event().wait(0.05)


def test_a_failure_is_tried_again() -> None:
    again, count = Event(), []

    def extend() -> bool:
        count.append(1)
        if len(count) == 1:
            raise RuntimeError("the database was away")
        again.set()
        return True

    with kept_lease("test", extend=extend, every=0.01):
        assert again.wait(timeout=10)


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_made_again() -> None:
    """A database that was restarted must not cost every lease that is held meanwhile."""
    first, again = Event(), Event()
    seen: list[int] = []

    def extend() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (process,) = cursor.fetchone()
        if seen and process != seen[0]:
            again.set()
        seen.append(process)
        first.set()
        return True

    with kept_lease("test", extend=extend, every=0.01):
        assert first.wait(timeout=10)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [seen[0]])
        assert again.wait(timeout=10)
