"""The viewer's WebSocket: one socket per view session, binary, answered from slice packs.

A plain ASGI application: nothing pushes to a socket but its own stream, so there is no channel
layer that could lose anything, and a message costs no task of its own.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from typing import Any

from django.conf import settings

from app.core.errors import NotFound, PortalError
from app.core.websockets import same_origin
from app.images.slices import PackError, SourceError
from viewer.gateway import Knock, Refused, Seat, ViewerGateway
from viewer.gateway.configured import configured_gateway
from viewer.limits import CROWDED, TOO_MANY_OPEN, Crowd, RateLimit
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
from viewer.stream import Outlet, SliceStream
from viewer.supplies import shared_supplies

logger = logging.getLogger(__name__)

CHECK_SECONDS = 30.0
FAREWELL_SECONDS = 5.0
MAX_REASON = 120
FAULT = "Something went wrong on the server. Try again."

_ERRORS = {
    CloseCode.SESSION_ENDED: ErrorCode.SESSION_ENDED,
    CloseCode.NOT_FOUND: ErrorCode.NOT_FOUND,
}
"""What is said before a close that the gateway asks for; the others need no words."""

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_everybody, _people = Crowd(), Crowd()


class ViewerConsumer:
    """Checks who asks, prepares the slices, and feeds the stream. One object serves one socket."""

    check_seconds = CHECK_SECONDS

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.gateway: ViewerGateway = configured_gateway()
        self.seat: Seat | None = None
        self.outlet = Outlet(self._send_bytes)
        self.limit = RateLimit(now=time.monotonic())
        self.stream: SliceStream | None = None
        self.prepared: Prepared | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.beginning: asyncio.Task[None] | None = None
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
            async with shared_supplies():
                try:
                    await self._enter(places)
                    while (event := await self._receive())["type"] == "websocket.receive":
                        await self._take(event)
                finally:
                    await self._leave()

    async def _enter(self, places: ExitStack) -> None:
        """Let the reader in, or say why not."""
        try:
            most, each = settings.VIEWER_SOCKETS, settings.VIEWER_SOCKETS_PER_PERSON
            places.enter_context(_everybody.entered(None, most=most, otherwise=CROWDED))
            self.seat = seat = await self.gateway.admit(Knock.of(self.scope))
            places.enter_context(_people.entered(seat.person, most=each, otherwise=TOO_MANY_OPEN))
        except ProtocolError as error:
            await self._refuse(error.code, error.message)
        except Refused as refused:
            await self._turn_away(refused)
        except SourceError as error:
            await self._refuse(ErrorCode.INTERNAL, str(error))
        else:
            self._start(self._watch(seat))

    async def _leave(self) -> None:
        """Stop everything; the session stays for a reload."""
        self.closed = True
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.beginning is not None:
            await asyncio.wait([self.beginning], timeout=FAREWELL_SECONDS)
        for feed in self.prepared.feeds if self.prepared else ():
            feed.stop()
        if self.seat is not None:
            await self.gateway.leave(self.seat)

    async def _take(self, event: dict[str, Any]) -> None:
        """Take one message of the client."""
        if self.closed or self.seat is None:
            return
        try:
            data = event.get("bytes")
            if data is None:
                raise ProtocolError(ErrorCode.MALFORMED, "Only binary messages are understood.")
            message = decode_client(data)
            free = isinstance(message, Ack) and self.outlet.window.completes(message.received)
            self.limit.charge(message, free=free, now=time.monotonic())
            self._handle(message, self.seat)
        except ProtocolError as error:
            await self._refuse(error.code, error.message)

    def _handle(self, message: ClientMessage, seat: Seat) -> None:
        if isinstance(message, Open | Want):  # an idle window keeps its socket, not its session
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
            self._start(self._serve(seat))

    async def _serve(self, seat: Seat) -> None:
        """Prepare, describe, and stream until the socket closes."""
        self.prepared = prepared = await prepare(seat, gateway=self.gateway, tell=self._tell)
        self.stream = SliceStream(outlet=self.outlet, feeds=prepared.feeds)
        await self.outlet.post(State(ready=True, text=""))
        await self.outlet.post(prepared.meta)
        if prepared.unfinished:
            self._start(self._follow(seat, prepared))
        # The first slices do not wait for this, and this is not given up with the socket.
        self.beginning = asyncio.create_task(self._guarded(self.gateway.begin(seat)))
        await self.stream.run()

    async def _follow(self, seat: Seat, prepared: Prepared) -> None:
        """Go over to the packs as they are made."""
        async for feeds, pack in finished_packs(seat, prepared, gateway=self.gateway):
            for feed in feeds:
                await self.outlet.post(feed.switch(pack))

    async def _watch(self, seat: Seat) -> None:
        """Ask now and then whether the reader may go on; an active one renews the lease."""
        while True:
            await self.gateway.rest(seat, self.check_seconds)
            active, self.active = self.active, False
            await self.gateway.keep(seat, active=active)

    async def _tell(self, text: str) -> None:
        await self.outlet.post(State(ready=False, text=text))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(lambda _: work.close())  # it may never have begun

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a part of the socket; whatever ends it closes the socket with a reason."""
        try:
            await work
        except ProtocolError as error:
            await self._refuse(error.code, error.message)
        except Refused as refused:
            await self._turn_away(refused)
        except NotFound as error:
            await self._refuse(ErrorCode.NOT_FOUND, error.message)
        except (PackError, SourceError, PortalError) as error:
            logger.warning("View session %s: %s", self.seat and self.seat.session, error)
            await self._discard_damaged()
            await self._refuse(ErrorCode.INTERNAL, str(error))
        except Exception:
            if not self.closed:
                logger.exception("View session %s", self.seat and self.seat.session)
                await self._refuse(ErrorCode.INTERNAL, FAULT)

    async def _turn_away(self, refused: Refused) -> None:
        """Close as the gateway says; whoever had a seat hears why."""
        error = _ERRORS.get(refused.code)
        if error is None or (self.seat is None and error == ErrorCode.NOT_FOUND):
            await self._close(refused.code, refused.text)
        else:
            await self._refuse(error, refused.text)

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
        if self.prepared is not None and self.seat is not None:
            pairs = zip(self.prepared.showing.layers, self.prepared.feeds, strict=True)
            for image_id in {layer.image_id for layer, feed in pairs if feed.damaged}:
                await self.gateway.discard_pack(self.seat, image_id)

    async def _send_bytes(self, data: Payload) -> None:
        if not self.closed:
            try:
                await self._send({"type": "websocket.send", "bytes": data})
            except OSError:  # how servers say that the client is gone; the disconnect follows
                self.closed = True
