"""A client of the viewer's socket that speaks the protocol and keeps what it gets."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from viewer import protocol as p
from viewer.routing import websocket_urlpatterns

DEADLINE = 10.0


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario with a deadline; its database work happens in the test's own thread."""

    async def limited() -> None:
        async with asyncio.timeout(DEADLINE):
            await scenario()

    async_to_sync(limited)()


class Socket(ApplicationCommunicator):
    """A WebSocket straight into the application (channels' own one needs daphne)."""

    def __init__(self, path: str, *, user: Any, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
        super().__init__(URLRouter(websocket_urlpatterns), {**scope, "user": user})

    async def connect(self) -> bool:
        """The handshake; False when it was refused."""
        await self.send_input({"type": "websocket.connect"})
        event = await self.receive_output(DEADLINE)
        return bool(event["type"] == "websocket.accept")

    async def send_bytes(self, data: bytes) -> None:
        await self.send_input({"type": "websocket.receive", "bytes": data})

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def receive_bytes(self) -> bytes:
        event = await self.receive_output(DEADLINE)
        assert event["type"] == "websocket.send", event
        data: bytes = event["bytes"]
        return data

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(DEADLINE)


class Client:
    """One socket. ``async with`` connects and disconnects."""

    def __init__(
        self, session: UUID | str, *, user: Any, headers: dict[str, str] | None = None
    ) -> None:
        pairs = [(k.encode(), v.encode()) for k, v in (headers or {}).items()]
        self.socket = Socket(f"/ws/viewer/{session}/", user=user, headers=pairs)
        self.accepted = False
        self.received = 0
        self.meta: p.Meta | None = None
        self.slices: dict[tuple[int, int], bytes] = {}
        self.levels: dict[tuple[int, int], int] = {}
        self.cuts: list[list[list[int]]] = []

    async def __aenter__(self) -> "Client":
        self.accepted = await self.socket.connect()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self.socket.disconnect()

    async def send(self, message: p.ClientMessage) -> None:
        await self.socket.send_bytes(p.encode(message))

    async def take(self, *, acknowledge: bool = True) -> p.ServerMessage:
        """The next message; fragments are appended."""
        data = await self.socket.receive_bytes()
        self.received += len(data)
        message = p.decode_server(data)
        if isinstance(message, p.Frag):
            key = (message.layer, message.slice)
            assert message.level_from == self.levels.get(key, p.NO_LEVEL)
            self.slices[key] = self.slices.get(key, b"") + message.payload
            self.levels[key] = message.level_to
            known = self.cuts[message.layer][message.slice]
            assert len(self.slices[key]) == known[message.level_to], "cut points come first"
        elif isinstance(message, p.Cuts):
            self._learn(message)
        if acknowledge:
            await self.send(p.Ack(self.received))
        return message

    def _learn(self, message: p.Cuts) -> None:
        """Cut points that are known never change."""
        table = self.cuts[message.layer]
        for index, row in enumerate(message.cuts, message.first):
            assert table[index][-1] in (0, row[-1])
            table[index] = list(row)

    async def open(self) -> p.Meta:
        """OPEN, and everything up to META."""
        await self.send(p.Open())
        while not isinstance(message := await self.take(), p.Meta):
            assert isinstance(message, p.State), message
        self.meta = message
        self.cuts = [[list(row) for row in layer] for layer in message.cuts]
        return message

    async def take_until_done(self, gen: int) -> None:
        while await self.take() != p.Done(gen):
            pass

    async def closed(self) -> tuple[int, str, p.ErrorText | None]:
        """Code and reason of the close, and the ERROR before it."""
        error = None
        while True:
            event = await self.socket.receive_output(DEADLINE)
            if event["type"] == "websocket.close":
                return event["code"], event.get("reason") or "", error
            message = p.decode_server(event["bytes"])
            if isinstance(message, p.ErrorText):
                error = message
