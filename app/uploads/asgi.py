"""Receiving parts straight from the ASGI server.

Django under ASGI writes every request body to a temporary file before any view may refuse it. Parts
are megabytes and come by the thousand, so they are taken here: the signature is checked before the
first byte is read, the bytes go to their place as they arrive, and no database is asked.
"""

import asyncio
import json
import logging
from typing import Any

from app.core.asgi_types import Application, Receive, Scope, Send
from app.core.errors import PortalError
from app.core.storage import PartWriter
from app.core.storage.store import CHUNK
from app.uploads.parts import Slot, slot_for

logger = logging.getLogger(__name__)

_PREFIX = "/files/parts/"


class SenderLeft(Exception):
    """The client went away before all of the part had arrived."""


class PartReceiver:
    """Takes PUT requests for parts; everything else goes on to ``application``."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        mine = scope["type"] == "http" and str(scope["path"]).startswith(_PREFIX)
        if mine and scope["method"] == "PUT":
            await _take(scope, receive, send)
        else:
            await self._application(scope, receive, send)


async def _take(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        slot = slot_for(_target(scope), content_length=_header(scope, b"content-length"))
        etag = await _store(slot, receive)
    except SenderLeft:
        return
    except PortalError as error:
        await _answer(send, error.status, body=json.dumps(error.as_problem()).encode())
    except OSError:
        logger.exception("A part could not be written.")
        await _answer(send, 507, body=b'{"title": "There is no room for this part."}')
    else:
        await _answer(send, 200, etag=etag)


async def _store(slot: Slot, receive: Receive) -> str:
    writer = slot.writer()
    await asyncio.to_thread(writer.__enter__)
    try:
        async for data in _pieces(receive):
            await asyncio.to_thread(writer.write, data)
        return await asyncio.to_thread(writer.finish)
    finally:
        await asyncio.shield(asyncio.to_thread(_leave, writer))


async def _pieces(receive: Receive) -> Any:
    """Yield the body in pieces of about a megabyte, so that a thread is worth its while."""
    held = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderLeft
        held += message.get("body", b"")
        more = message.get("more_body", False)
        if len(held) >= CHUNK or (held and not more):
            yield bytes(held)
            held.clear()


def _leave(writer: PartWriter) -> None:
    writer.__exit__(None, None, None)


def _target(scope: Scope) -> str:
    raw = scope.get("raw_path") or str(scope["path"]).encode()
    return f"{raw.decode('latin-1')}?{scope['query_string'].decode('latin-1')}"


def _header(scope: Scope, name: bytes) -> str:
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if found else ""


async def _answer(send: Send, status: int, *, etag: str = "", body: bytes = b"") -> None:
    headers = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if etag:
        headers.append((b"etag", f'"{etag}"'.encode()))
    else:
        # The rest of the body is not wanted; closing says so.
        headers += [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
