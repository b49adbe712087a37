"""A line between browser and server that can be cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_READ = 64 * 1024
_SOCKET = b"HTTP/1.1 101"


class CuttableLine:
    """Forwards TCP to a port of this machine until it is cut; runs in a thread of its own."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.connections = 0
        self._open = True
        self._socket_limit: int | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None

    def cut(self) -> None:
        """Break every connection, and every new one until it is mended."""
        self._open = False
        self._run(self._break())

    def cut_socket_after(self, count: int) -> None:
        """Cut as soon as the server has sent so many bytes on the next WebSocket."""
        self._socket_limit = count

    def mend(self) -> None:
        self._socket_limit = None
        self._open = True

    @property
    def is_cut(self) -> bool:
        return not self._open

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _break(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if not self._open:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(_pump(reader, back), self._answer(there, writer))
        finally:
            self._writers -= {writer, back}
            for end in (writer, back):
                end.close()

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Forward what the server sends, and count it on a WebSocket."""
        with suppress(OSError):
            data = await source.read(_READ)
            limit = self._socket_limit if data.startswith(_SOCKET) else None
            sent = 0
            while data:
                sent += len(data)
                if limit is not None and sent > limit:
                    self._open = False
                    await self._break()
                    return
                sink.write(data)
                await sink.drain()
                data = await source.read(_READ)
        with suppress(OSError):
            sink.write_eof()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(_READ):
            sink.write(data)
            await sink.drain()
    with suppress(OSError):
        sink.write_eof()


@contextmanager
def cuttable_line(target: int) -> Iterator[CuttableLine]:
    """Yield a line to ``target``; its ``port`` is where the browser connects."""
    line = CuttableLine(target)
    thread = threading.Thread(target=line._loop.run_forever, daemon=True)
    thread.start()
    line._run(line.start())
    try:
        yield line
    finally:
        line.cut()
        line._loop.call_soon_threadsafe(line._loop.stop)
        thread.join(timeout=10)
