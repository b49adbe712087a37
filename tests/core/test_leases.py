from threading import Event

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
