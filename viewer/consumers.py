"""The viewer's WebSocket: one socket per view session, binary, answered from slice packs.

A plain ASGI application: nothing pushes to a socket but its own stream, so there is no channel
layer to lose anything, and a message costs no task of its own.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings

from app.core.errors import NotFound, PortalError
from app.core.websockets import same_origin, still_signed_in
from app.images.slices import PackError, SourceError
from viewer.limits import Crowd, RateLimit
from viewer.models import ViewSession
from viewer.preparation import Prepared, finished_packs, prepare
from viewer.protocol import (
    CLOSE_CODES,
    Ack,
    ClientMessage,
    CloseCode,
    Drop,
    ErrorCode,
    ErrorText,
    Open,
    Payload,
    ProtocolError,
    State,
    Want,
    decode_client,
)
from viewer.services import check_session, discard_pack, run_session
from viewer.stream import Outlet, SliceStream
from viewer.supplies import Supplies, shared_supplies

logger = logging.getLogger(__name__)

CHECK_SECONDS = 30.0
MAX_REASON = 120
GONE = "There is nothing here, or you have no access to it."
ENDED = "This viewing session has ended. Open the image again."
FAULT = "Something went wrong on the server. Try again."

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_crowd = Crowd()


class ViewerConsumer:
    """Checks who asks, prepares the slices, and feeds the stream. One object serves one socket."""

    check_seconds = CHECK_SECONDS

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.session: ViewSession | None = None
        self.outlet = Outlet(self._send_bytes)
        self.limit = RateLimit(now=time.monotonic())
        self.stream: SliceStream | None = None
        self.prepared: Prepared | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.opened = False
        self.active = False
        self.closed = False

    @classmethod
    def as_asgi(cls) -> Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]:
        """Return the ASGI application that makes one object per socket."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).run()

        return application

    async def run(self) -> None:
        """Serve the socket from handshake to close."""
        await self._receive()  # websocket.connect
        if not same_origin(self.scope):
            await self._send({"type": "websocket.close"})
            return
        # Accept, so that a refusal can say why: browsers hide the code of a refused handshake.
        await self._send({"type": "websocket.accept"})
        with ExitStack() as places:
            async with shared_supplies() as supplies:
                try:
                    await self._enter(places)
                    while (event := await self._receive())["type"] == "websocket.receive":
                        await self._take(event, supplies)
                finally:
                    await self._leave()

    async def _enter(self, places: ExitStack) -> None:
        """Let the reader in, or say why not."""
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self._close(CloseCode.NOT_SIGNED_IN, "Sign in to look at images.")
            return
        try:
            each = settings.VIEWER_SOCKETS_PER_PERSON
            places.enter_context(
                _crowd.entered(user.pk, most=settings.VIEWER_SOCKETS, most_each=each)
            )
        except ProtocolError as error:
            await self._refuse(error.code, error.message)
            return
        pk = self.scope["url_route"]["kwargs"]["session"]
        session = await database_sync_to_async(_session_of)(user, pk)
        if session is None:
            await self._close(CloseCode.NOT_FOUND, GONE)
        elif not session.is_live:
            await self._refuse(ErrorCode.SESSION_ENDED, session.message or ENDED)
        else:
            self.session = session
            self._start(self._watch(session))

    async def _leave(self) -> None:
        """Stop everything; the session stays for a reload."""
        self.closed = True
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for feed in self.prepared.feeds if self.prepared else ():
            feed.stop()

    async def _take(self, event: dict[str, Any], supplies: Supplies) -> None:
        """Take one message of the client."""
        if self.closed or self.session is None:
            return
        try:
            data = event.get("bytes")
            if data is None:
                raise ProtocolError(ErrorCode.MALFORMED, "Only binary messages are understood.")
            message = decode_client(data)
            free = isinstance(message, Ack) and self.outlet.window.completes(message.received)
            self.limit.charge(message, free=free, now=time.monotonic())
            self._handle(message, self.session, supplies)
        except ProtocolError as error:
            await self._refuse(error.code, error.message)

    def _handle(self, message: ClientMessage, session: ViewSession, supplies: Supplies) -> None:
        self.active = True
        if isinstance(message, Ack):
            receiver = self.stream or self.outlet
            receiver.acknowledge(message.received)
        elif isinstance(message, Want | Drop):
            if self.stream is None:
                raise ProtocolError(ErrorCode.NOT_OPEN, "Wait for META before asking for slices.")
            self.stream.take(message)
        elif isinstance(message, Open):
            if self.opened:
                raise ProtocolError(ErrorCode.MALFORMED, "OPEN is sent once.")
            self.opened = True
            self._start(self._serve(session, supplies))

    async def _serve(self, session: ViewSession, supplies: Supplies) -> None:
        """Prepare, describe, and stream until the socket closes."""
        self.prepared = prepared = await prepare(
            session, user=self.scope["user"], supplies=supplies, tell=self._tell
        )
        self.stream = SliceStream(outlet=self.outlet, feeds=prepared.feeds)
        await self.outlet.post(State(ready=True, text=""))
        await self.outlet.post(prepared.meta)
        await database_sync_to_async(run_session)(session)
        if prepared.unfinished:
            self._start(self._follow(prepared, supplies))
        await self.stream.run()

    async def _follow(self, prepared: Prepared, supplies: Supplies) -> None:
        """Go over to the packs as they are made."""
        async for feeds, pack in finished_packs(prepared, supplies):
            for feed in feeds:
                await self.outlet.post(feed.switch(pack))

    async def _watch(self, session: ViewSession) -> None:
        """Ask now and then whether the reader may go on; an active one renews the lease."""
        while True:
            await asyncio.sleep(self.check_seconds)
            active, self.active = self.active, False
            allowed = await database_sync_to_async(_may_go_on)(self.scope, session, active)
            if not allowed:
                raise ProtocolError(ErrorCode.SESSION_ENDED, ENDED)

    async def _tell(self, text: str) -> None:
        await self.outlet.post(State(ready=False, text=text))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a part of the socket; whatever ends it closes the socket with a reason."""
        try:
            await work
        except ProtocolError as error:
            await self._refuse(error.code, error.message)
        except NotFound as error:
            await self._refuse(ErrorCode.NOT_FOUND, error.message)
        except (PackError, SourceError, PortalError) as error:
            logger.warning("View session %s: %s", self.session and self.session.pk, error)
            await self._discard_damaged()
            await self._refuse(ErrorCode.INTERNAL, str(error))
        except Exception:
            if not self.closed:
                logger.exception("View session %s", self.session and self.session.pk)
                await self._refuse(ErrorCode.INTERNAL, FAULT)

    async def _refuse(self, code: ErrorCode, text: str) -> None:
        """Say why, then close."""
        if not self.closed:
            await self.outlet.post(ErrorText(code=code, text=text))
            await self._close(CLOSE_CODES[code], text)

    async def _close(self, code: CloseCode, reason: str) -> None:
        if self.closed:
            return
        self.closed = True
        current = asyncio.current_task()
        for task in self.tasks:
            if task is not current:
                task.cancel()
        short = reason.encode()[:MAX_REASON].decode(errors="ignore")
        await self._send({"type": "websocket.close", "code": int(code), "reason": short})

    async def _discard_damaged(self) -> None:
        """A pack that turned out damaged is made again, for the client's next attempt."""
        if self.prepared is not None:
            pairs = zip(self.prepared.view.layers, self.prepared.feeds, strict=True)
            for layer, feed in pairs:
                if feed.damaged:
                    await database_sync_to_async(discard_pack)(layer.image_id)

    async def _send_bytes(self, data: Payload) -> None:
        if not self.closed:
            try:
                await self._send({"type": "websocket.send", "bytes": data})
            except OSError:  # how servers say that the client is gone; the disconnect follows
                self.closed = True


def _session_of(user: Any, pk: Any) -> ViewSession | None:
    return ViewSession.objects.select_related("user").filter(pk=pk, user=user).first()


def _may_go_on(scope: dict[str, Any], session: ViewSession, active: bool) -> bool:
    """Signed in still, session live still, access still there."""
    return still_signed_in(scope) and check_session(session.pk, user=scope["user"], active=active)
