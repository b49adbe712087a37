"""Requests under ASGI: each in one thread, answered as Django answers them."""

import asyncio
import threading
import time
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from pytest_django import Settings

from app.core.asgi import OneThreadHandler
from app.core.streaming import streamed

THREADS: list[int] = []
BOTH = threading.Barrier(2)


class Noting:
    """Middleware that notes its thread on the way in and out."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note it, and count what the view answers."""
        THREADS.append(threading.get_ident())
        response: HttpResponse = self.get_response(request)
        THREADS.append(threading.get_ident())
        response["X-Noted"] = "yes"
        return response


def plain(request: HttpRequest) -> HttpResponse:
    """Answer with the body that came."""
    THREADS.append(threading.get_ident())
    return HttpResponse(request.body)


def failing(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise ValueError("as told")


async def waiting(request: HttpRequest) -> HttpResponse:
    """Answer from a coroutine."""
    await asyncio.sleep(0)
    return HttpResponse(b"waited")


def pieces(request: HttpRequest) -> StreamingHttpResponse:
    """Answer in pieces."""

    def making() -> Iterator[bytes]:
        for number in range(3):
            THREADS.append(threading.get_ident())
            yield b"%d" % number

    return StreamingHttpResponse(streamed(request, making()))


def meeting(request: HttpRequest) -> HttpResponse:
    """Answer once another request is there, too."""
    BOTH.wait(timeout=10)
    return HttpResponse(b"met")


def endless(request: HttpRequest) -> StreamingHttpResponse:
    """Answer in pieces without an end."""
    return StreamingHttpResponse(streamed(request, repeat(b"more")))


def breaking(request: HttpRequest) -> StreamingHttpResponse:
    """Fail behind the first piece."""

    def making() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("as told")

    return StreamingHttpResponse(streamed(request, making()))


urlpatterns = [
    path("plain", plain),
    path("meeting", meeting),
    path("endless", endless),
    path("breaking", breaking),
    path("failing", failing),
    path("waiting", waiting),
    path("pieces", pieces),
]


@pytest.fixture(autouse=True)
def _these_alone(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.Noting"]
    THREADS.clear()


def scope_of(address: str) -> dict[str, Any]:
    """Return what the server says of a request."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": address,
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
    }


async def ask(
    address: str, body: bytes = b"", *, handler: OneThreadHandler | None = None
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Return status, headers and content of the answer."""
    caller = ApplicationCommunicator(handler or OneThreadHandler(), scope_of(address))
    await caller.send_input({"type": "http.request", "body": body})
    start = await caller.receive_output(timeout=10)
    content, more = b"", True
    while more:
        piece = await caller.receive_output(timeout=10)
        content, more = content + piece.get("body", b""), piece.get("more_body", False)
    await caller.wait()
    return start["status"], dict(start["headers"]), content


def test_middleware_and_view_run_in_the_thread_of_the_request() -> None:
    async def both() -> tuple[int, bytes, int]:
        status, headers, content = await ask("/plain", b"hello")
        assert headers[b"X-Noted"] == b"yes"
        return status, content, threading.get_ident()

    status, content, loop = asyncio.run(both())
    assert (status, content) == (200, b"hello")
    assert len(set(THREADS)) == 1
    assert loop not in THREADS


def test_what_is_sent_in_pieces_is_made_in_that_thread_too() -> None:
    status, _, content = asyncio.run(ask("/pieces"))
    assert (status, content) == (200, b"012")
    assert len(THREADS) == 5
    assert len(set(THREADS)) == 1


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/failing", 500, b"Something went wrong"),
        ("/nowhere", 404, b"Page not found"),
        ("/waiting", 200, b"waited"),
    ],
)
def test_faults_and_coroutines_are_answered(address: str, status: int, told: bytes) -> None:
    found, headers, content = asyncio.run(ask(address))
    assert found == status
    assert headers[b"X-Noted"] == b"yes"
    assert told in content


@pytest.fixture
def ended() -> Iterator[list[int]]:
    """The threads in which ends of requests were told."""
    told: list[int] = []

    def note(**_: Any) -> None:
        told.append(threading.get_ident())

    request_finished.connect(note)
    yield told
    request_finished.disconnect(note)


def test_the_end_of_a_request_is_told_once(ended: list[int]) -> None:
    asyncio.run(ask("/plain"))
    assert ended == [THREADS[0]]


def test_a_fault_in_a_later_piece_ends_the_request_too(ended: list[int]) -> None:
    with pytest.raises(ValueError, match="as told"):
        asyncio.run(ask("/breaking"))
    assert ended == [THREADS[0]]


def test_a_thread_serves_one_request_after_another() -> None:
    async def both() -> None:
        handler = OneThreadHandler()
        for _ in range(2):
            await ask("/plain", handler=handler)

    asyncio.run(both())
    assert len(THREADS) == 6
    assert len(set(THREADS)) == 1


def test_requests_at_once_do_not_wait_for_each_other() -> None:
    async def both() -> list[Any]:
        handler = OneThreadHandler()
        return await asyncio.gather(*(ask("/meeting", handler=handler) for _ in range(2)))

    assert [content for _, _, content in asyncio.run(both())] == [b"met", b"met"]
    assert len(set(THREADS)) == 2


def test_after_a_rush_few_threads_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.asgi.MOST_RESTING", 1)
    handler = OneThreadHandler()

    async def rush() -> list[Any]:
        return await asyncio.gather(*(ask("/meeting", handler=handler) for _ in range(2)))

    asyncio.run(rush())
    met = [thread for thread in threading.enumerate() if thread.ident in THREADS]
    give_up = time.monotonic() + 10
    while sum(thread.is_alive() for thread in met) > 1 and time.monotonic() < give_up:
        met[0].join(timeout=0.05)
    assert asyncio.run(ask("/plain", b"on", handler=handler))[2] == b"on"
    assert sum(thread.is_alive() for thread in met) == 1


def test_pieces_are_made_no_more_once_the_client_has_left(ended: list[int]) -> None:
    async def leave() -> None:
        caller = ApplicationCommunicator(OneThreadHandler(), scope_of("/endless"))
        await caller.send_input({"type": "http.request", "body": b""})
        await caller.receive_output(timeout=10)
        await caller.send_input({"type": "http.disconnect"})
        await caller.wait(timeout=10)

    asyncio.run(leave())
    assert ended == [THREADS[0]]


def test_who_leaves_before_all_of_the_question_came_is_not_answered() -> None:
    async def leave() -> bool:
        caller = ApplicationCommunicator(OneThreadHandler(), scope_of("/plain"))
        await caller.send_input({"type": "http.request", "body": b"ha", "more_body": True})
        await caller.send_input({"type": "http.disconnect"})
        await caller.wait(timeout=10)
        return await caller.receive_nothing()

    assert asyncio.run(leave())
    assert THREADS == []
