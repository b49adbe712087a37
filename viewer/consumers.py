"""The viewer's WebSocket: one socket per view session, binary, answered from slice packs.

No channel layer is used: nothing pushes to a socket but its own stream, so an idle socket has
nothing to lose.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any
from weakref import WeakKeyDictionary

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer

from app.core.errors import NotFound, PortalError
from app.core.websockets import same_origin
from app.images.slices import PackError, SourceError
from viewer.gateway import Knock, Refused, Seat, ViewerGateway
from viewer.gateway.configured import configured_gateway
from viewer.limits import RateLimit
from viewer.preparation import Prepared, prepare
from viewer.protocol import (
    CLOSE_CODES,
    Ack,
    ClientMessage,
    CloseCode,
    Drop,
    ErrorCode,
    ErrorText,
    Open,
    ProtocolError,
    State,
    Want,
    decode_client,
)
from viewer.stream import LayerShape, Outlet, SliceStream

logger = logging.getLogger(__name__)

CHECK_SECONDS = 30.0
READS_AT_ONCE = 4
MAX_REASON = 120
FAULT = "Something went wrong on the server. Try again."

_ERRORS = {
    CloseCode.SESSION_ENDED: ErrorCode.SESSION_ENDED,
    CloseCode.NOT_FOUND: ErrorCode.NOT_FOUND,
}
"""What is said before a close that the gateway asks for; the others need no words."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def shared_turns() -> asyncio.Semaphore:
    """Reads of all sockets of this process, first come first served."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(READS_AT_ONCE))


class ViewerConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Checks who asks, prepares the packs, and feeds the stream."""

    channel_layer_alias = "none"
    """No such layer is configured, so Channels opens none: nothing can drop an idle socket."""

    check_seconds = CHECK_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gateway: ViewerGateway = configured_gateway()
        self.seat: Seat | None = None
        self.outlet = Outlet(self._send_bytes)
        self.limit = RateLimit(now=time.monotonic())
        self.stream: SliceStream | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.opened = False
        self.active = False
        self.closed = False

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hand an event to its handler.

        Channels would first look after database connections, in a thread, for every message; the
        few calls that use the database do that themselves.
        """
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept, so that a refusal can say why: browsers hide the code of a refused handshake."""
        if not same_origin(self.scope):
            await self.close()
            return
        await self.accept()
        try:
            seat = await self.gateway.admit(Knock.of(self.scope))
        except Refused as refused:
            await self._turn_away(refused)
        except SourceError as error:
            await self._refuse(ErrorCode.INTERNAL, str(error))
        else:
            await self._take_seat(seat)

    async def _take_seat(self, seat: Seat) -> None:
        """Begin to serve a reader, unless they went away meanwhile."""
        if self.closed:
            await self.gateway.leave(seat)
            return
        self.seat = seat
        self._start(self._watch(seat))

    async def disconnect(self, code: int) -> None:
        """Stop everything; the session stays for a reload."""
        self.closed = True
        for task in self.tasks:
            task.cancel()
        if self.seat is not None:
            await self.gateway.leave(self.seat)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one message of the client."""
        if self.closed or self.seat is None:
            return
        try:
            if bytes_data is None:
                raise ProtocolError(ErrorCode.MALFORMED, "Only binary messages are understood.")
            message = decode_client(bytes_data)
            acknowledged = self.outlet.window.acknowledged
            self.limit.charge(message, acknowledged=acknowledged, now=time.monotonic())
            self._handle(message, self.seat)
        except ProtocolError as error:
            await self._refuse(error.code, error.message)

    def _handle(self, message: ClientMessage, seat: Seat) -> None:
        self.active = True
        if isinstance(message, Open):
            if self.opened:
                raise ProtocolError(ErrorCode.MALFORMED, "OPEN is sent once.")
            self.opened = True
            self._start(self._serve(seat))
        elif isinstance(message, Want | Drop):
            if self.stream is None:
                raise ProtocolError(ErrorCode.NOT_OPEN, "Wait for META before asking for slices.")
            self.stream.take(message)
        elif isinstance(message, Ack):
            receiver = self.stream or self.outlet
            receiver.acknowledge(message.received)

    async def _serve(self, seat: Seat) -> None:
        """Prepare, describe, and stream until the socket closes."""
        prepared = await prepare(seat, gateway=self.gateway, tell=self._tell)
        self.stream = SliceStream(
            outlet=self.outlet,
            layers=[LayerShape(len(m), len(m[0])) for m in prepared.meta.cuts],
            fetch=_Fetch(prepared, gateway=self.gateway, seat=seat),
            turns=shared_turns(),
        )
        await self.outlet.post(State(ready=True, text=""))
        await self.outlet.post(prepared.meta)
        await self.gateway.begin(seat)
        await self.stream.run()

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
        await self.close(code=int(code), reason=short)

    async def _send_bytes(self, data: bytes) -> None:
        if not self.closed:
            await self.send(bytes_data=data)


class _Fetch:
    """Reads fragments: at once where the pack lies on this machine, else in a thread.

    A pack that turns out damaged is made again, for the client's next attempt.
    """

    def __init__(self, prepared: Prepared, *, gateway: ViewerGateway, seat: Seat) -> None:
        self._packs = prepared.packs
        self._images = [layer.image_id for layer in prepared.showing.layers]
        self._gateway = gateway
        self._seat = seat

    async def __call__(self, layer: int, index: int, level_from: int, level_to: int) -> bytes:
        pack = self._packs[layer]
        try:
            if pack.near:
                return pack.reader.fragment(index, level_from, level_to)
            return await asyncio.to_thread(pack.reader.fragment, index, level_from, level_to)
        except PackError:
            await self._gateway.discard_pack(self._seat, self._images[layer])
            raise
