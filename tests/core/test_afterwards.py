"""What a task leaves to do beside the next one of its process."""

import threading

import pytest

from app.core.afterwards import Rest, afterwards


@pytest.fixture
def rest() -> Rest:
    rest = Rest()
    rest.in_pool = True
    return rest


def test_outside_of_a_pool_it_is_done_at_once() -> None:
    threads: list[int] = []
    afterwards(lambda: threads.append(threading.get_ident()))
    assert threads == [threading.get_ident()]


def test_in_a_pool_the_task_goes_on_meanwhile(rest: Rest) -> None:
    may_end, done = threading.Event(), threading.Event()

    def work() -> None:
        may_end.wait(10)
        done.set()

    rest.do(work)
    assert not done.is_set()
    may_end.set()
    assert done.wait(10)


def test_who_leaves_the_next_waits_for_the_one_before(rest: Rest) -> None:
    order: list[str] = []
    may_end = threading.Timer(0.05, lambda: order.append("first"))

    def first() -> None:
        may_end.start()
        may_end.join()

    rest.do(first)
    rest.do(lambda: order.append("second"))
    rest.wait()
    assert order == ["first", "second"]


def test_waiting_for_it_is_waiting_for_all(rest: Rest) -> None:
    done = threading.Event()
    may_end = threading.Timer(0.05, done.set)
    may_end.start()
    rest.do(may_end.join)
    rest.wait()
    assert done.is_set()
    rest.wait()
