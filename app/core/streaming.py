"""Answers that are made while they are sent, without holding up the event loop."""

from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest

TABLE_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
"""What tables are given out as: endings and content types."""
T = TypeVar("T", str, bytes)


def streamed(request: HttpRequest, pieces: Iterator[T]) -> Iterator[T] | AsyncIterator[T]:
    """Return ``pieces`` for a `StreamingHttpResponse`, as the server that asked takes them."""
    return _in_thread(pieces) if isinstance(request, ASGIRequest) else pieces


async def _in_thread(pieces: Iterator[T]) -> AsyncIterator[T]:
    """Yield pieces that may ask the database: they are made in the thread that has it."""
    advance = sync_to_async(lambda: next(pieces, None))
    while (piece := await advance()) is not None:
        yield piece
