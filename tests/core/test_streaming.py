"""Answers made while they are sent: the same pieces from both kinds of servers."""

import threading
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import async_to_sync
from django.test import AsyncRequestFactory, RequestFactory

from app.core.streaming import streamed

PIECES = ["a", "", "b"]


def test_a_server_without_a_loop_takes_them_as_they_are() -> None:
    pieces = iter(PIECES)
    assert streamed(RequestFactory().get("/"), pieces) is pieces


def test_a_loop_never_makes_them_itself() -> None:
    made_in: set[int] = set()

    def making() -> Iterator[str]:
        for piece in PIECES:
            made_in.add(threading.get_ident())
            yield piece

    async def taken() -> tuple[list[str], int]:
        found = streamed(AsyncRequestFactory().get("/"), making())
        assert isinstance(found, AsyncIterator)
        return [piece async for piece in found], threading.get_ident()

    pieces, loop = async_to_sync(taken)()
    assert pieces == PIECES
    assert loop not in made_in
