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
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from app.core.errors import NotFound, PortalError
from app.core.websockets import same_origin, still_signed_in
from app.images.slices import PackError, SourceError
from viewer.limits import RateLimit
from viewer.models import ViewSession
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
from viewer.services import check_session, discard_pack, run_session
from viewer.stream import LayerShape, Outlet, SliceStream

logger = logging.getLogger(__name__)

CHECK_SECONDS = 30.0
READS_AT_ONCE = 4
MAX_REASON = 120
GONE = "There is nothing here, or you have no access to it."
ENDED = "This viewing session has ended. Open the image again."
FAULT = "Something went wrong on the server. Try again."

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
        self.session: ViewSession | None = None
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
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self._close(CloseCode.NOT_SIGNED_IN, "Sign in to look at images.")
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

    async def disconnect(self, code: int) -> None:
        """Stop everything; the session stays for a reload."""
        self.closed = True
        for task in self.tasks:
            task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take one message of the client."""
        if self.closed or self.session is None:
            return
        try:
            if bytes_data is None:
                raise ProtocolError(ErrorCode.MALFORMED, "Only binary messages are understood.")
            message = decode_client(bytes_data)
            acknowledged = self.outlet.window.acknowledged
            self.limit.charge(message, acknowledged=acknowledged, now=time.monotonic())
            self._handle(message, self.session)
        except ProtocolError as error:
            await self._refuse(error.code, error.message)

    def _handle(self, message: ClientMessage, session: ViewSession) -> None:
        self.active = True
        if isinstance(message, Open):
            if self.opened:
                raise ProtocolError(ErrorCode.MALFORMED, "OPEN is sent once.")
            self.opened = True
            self._start(self._serve(session))
        elif isinstance(message, Want | Drop):
            if self.stream is None:
                raise ProtocolError(ErrorCode.NOT_OPEN, "Wait for META before asking for slices.")
            self.stream.take(message)
        elif isinstance(message, Ack):
            receiver = self.stream or self.outlet
            receiver.acknowledge(message.received)

    async def _serve(self, session: ViewSession) -> None:
        """Prepare, describe, and stream until the socket closes."""
        prepared = await prepare(session, user=self.scope["user"], tell=self._tell)
        self.stream = SliceStream(
            outlet=self.outlet,
            layers=[LayerShape(len(m), len(m[0])) for m in prepared.meta.cuts],
            fetch=_Fetch(prepared),
            turns=shared_turns(),
        )
        await self.outlet.post(State(ready=True, text=""))
        await self.outlet.post(prepared.meta)
        await database_sync_to_async(run_session)(session)
        await self.stream.run()

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
        await self.close(code=int(code), reason=short)

    async def _send_bytes(self, data: bytes) -> None:
        if not self.closed:
            await self.send(bytes_data=data)


class _Fetch:
    """Reads fragments: at once where the pack lies on this machine, else in a thread.

    A pack that turns out damaged is made again, for the client's next attempt.
    """

    def __init__(self, prepared: Prepared) -> None:
        self._packs = prepared.packs
        self._images = [layer.image_id for layer in prepared.view.layers]

    async def __call__(self, layer: int, index: int, level_from: int, level_to: int) -> bytes:
        pack = self._packs[layer]
        try:
            if pack.near:
                return pack.reader.fragment(index, level_from, level_to)
            return await asyncio.to_thread(pack.reader.fragment, index, level_from, level_to)
        except PackError:
            await database_sync_to_async(discard_pack)(self._images[layer])
            raise


def _session_of(user: Any, pk: Any) -> ViewSession | None:
    return ViewSession.objects.select_related("user").filter(pk=pk, user=user).first()


def _may_go_on(scope: dict[str, Any], session: ViewSession, active: bool) -> bool:
    """Signed in still, session live still, access still there."""
    return still_signed_in(scope) and check_session(session.pk, user=scope["user"], active=active)
