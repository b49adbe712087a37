"""Answering warm containers straight from the ASGI server.

A worker asks for the next case and is answered when there is one, which may take a while. A view
would hold a thread and a database connection all that time, for each of them.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

from app.core.asgi_types import Application, Receive, Scope, Send
from app.core.errors import PortalError
from app.core.leases import LeaseLost
from app.execution.api.authentication import REFUSED
from app.execution.api.errors import RunGone
from app.execution.gateway import wire
from app.execution.services.assignments import is_token
from app.execution.services.next_cases import wait_for_case

PATH = "/api/v1/execution/run/next/"
_MOST_BYTES = 1024


class WorkerLeft(Exception):
    """Whoever asked is gone."""


class CaseWaiter:
    """Takes questions for the next case; everything else goes on to ``application``."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        mine = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == PATH
        if mine:
            with suppress(WorkerLeft):
                await _answer(scope, receive, send)
        else:
            await self._application(scope, receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    token = _bearer(scope)
    if not token or not is_token(token):
        await _send(send, 401, {"detail": REFUSED})
        return
    seconds = _seconds(await _body(receive))
    if seconds is None:
        await _send(send, 400, {"detail": "Say how many seconds to wait."})
        return
    try:
        found = await _while_there(receive, wait_for_case(token, wait_seconds=seconds))
    except LeaseLost:
        await _send(send, RunGone.status, RunGone().as_problem())
    except PortalError as error:
        await _send(send, error.status, error.as_problem())
    else:
        await _send(send, 200, wire.dumped(found))


async def _while_there(receive: Receive, work: Any) -> Any:
    """Return what ``work`` does; nobody is to be given a case who hung up meanwhile."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_until_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise WorkerLeft
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    held = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise WorkerLeft
        held += bytes(message.get("body", b""))
        if not message.get("more_body", False) or len(held) > _MOST_BYTES:
            return held


def _seconds(body: bytes) -> float | None:
    try:
        said = json.loads(body)["wait_seconds"]
        return max(0.0, float(said)) if isinstance(said, int | float) else None
    except (ValueError, TypeError, LookupError):
        return None


def _bearer(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            words = value.decode("latin-1").split()
            return words[1] if len(words) == 2 and words[0].lower() == "bearer" else ""
    return ""


async def _send(send: Send, status: int, body: Any) -> None:
    content = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
