"""Django for an ASGI server, with each request in one thread.

Django's own handler goes from the event loop to a thread for what is told at the start of a
request, for the view, and for what is told at its end, since views and middleware may be coroutines
there. Ours are not, and each of these ways costs as much as a small view
(`python -m benchmarks.requests`). A coroutine is still answered, in that thread.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django import setup
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix
from typing_extensions import override

from app.core.asgi_types import Receive, Scope, Send

MOST_RESTING = 64
"""Threads that are kept after a rush."""


class OneThreadHandler(ASGIHandler):
    """Runs a request from its start to its end in the thread that is the request's own meanwhile.

    What is sent in pieces is made in that thread as well, and its end is told when all of it was
    sent or the client has left. Everything else has ended before its first byte is sent. Threads
    rest between requests.
    """

    def __init__(self) -> None:
        super().__init__()
        self._resting: list[ThreadPoolExecutor] = []

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        thread = self._resting.pop() if self._resting else ThreadPoolExecutor(1, "request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        finally:
            if len(self._resting) < MOST_RESTING:
                self._resting.append(thread)
            else:
                thread.shutdown(wait=False)

    @override
    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await sync_to_async(self._answer)(scope, body)
        if response.streaming:
            try:
                await self._send_pieces(response, receive, send)
            finally:
                await sync_to_async(response.close)()
                body.close()
        else:
            await self.send_response(response, send)

    def _answer(self, scope: Scope, body: Any) -> Any:
        """Return the whole answer, or one in pieces that has to be closed."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, refused = self.create_request(scope, body)
        response: Any = refused if request is None else self.get_response(request)
        response._handler_class = type(self)  # who tells its end
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
            body.close()
        return response

    async def _send_pieces(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send until all is sent or nobody listens any more."""
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        sending = asyncio.ensure_future(self.send_response(response, send))
        try:
            await asyncio.wait((leaving, sending), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            for task in (leaving, sending):
                task.cancel()
                with suppress(asyncio.CancelledError, RequestAborted):
                    await task


def get_application() -> OneThreadHandler:
    """Set Django up and return its application."""
    setup(set_prefix=False)
    return OneThreadHandler()
