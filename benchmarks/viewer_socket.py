"""A viewer without a screen: one WebSocket that asks for slices and says when they came.

It speaks RFC 6455 by hand, since a hundred of these share a machine with the server they measure:
what a library spends on every frame would be taken from the server.
"""

import asyncio
import base64
import os
import struct
import time
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self, cast

from viewer import protocol as p

ACK_BYTES, ACK_SECONDS = 32 * 1024, 0.04  # as viewer/frontend/src/core/connection.ts
_FRAG_HEAD = struct.Struct("<BIBBHBBI")
_BINARY, _CLOSE, _PING, _PONG = 2, 8, 9, 10
_FIN, _MASKED = 0x80, 0x80
_SHORT, _LONG = 126, 127


class Fragment(NamedTuple):
    """A part of a slice that has arrived; times are those of `time.perf_counter`."""

    gen: int
    slice: int
    level_from: int
    level_to: int
    size: int
    began: float
    ended: float
    payload: bytes
    """Empty unless the socket keeps payloads."""


class ViewerSocket(asyncio.Protocol):
    """One open view session. Fragments go to `on_fragment`, finished generations to `on_done`."""

    def __init__(self, *, keep: bool = False) -> None:
        self.on_fragment: Callable[[Fragment], None] = lambda _: None
        self.on_done: Callable[[int], None] = lambda _: None
        self.meta: p.Meta | None = None
        self.gen = 0
        self.received = 0
        self._keep = keep
        self._loop = asyncio.get_running_loop()
        self._described: asyncio.Future[p.Meta] = self._loop.create_future()
        self.ended: asyncio.Future[str] = self._loop.create_future()
        self._acknowledged = 0
        self._ack_timer: asyncio.TimerHandle | None = None
        self._buffer = bytearray()
        self._open = False
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int, path: str, cookie: str, *, keep: bool = False) -> Self:
        """Connect, say OPEN and wait for META."""
        loop = asyncio.get_running_loop()
        _, joined = await loop.create_connection(lambda: cls(keep=keep), "127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n"
        )
        assert joined._transport is not None  # noqa: S101
        joined._transport.write(head.encode())
        done, _ = await asyncio.wait(
            [joined._described, joined.ended], timeout=60, return_when=asyncio.FIRST_COMPLETED
        )
        if joined._described not in done:
            raise RuntimeError(f"The socket did not open: {done and joined.ended.result()}")
        return joined

    def want(self, items: Sequence[tuple[int, int, int, int]]) -> int:
        """Ask for (slice, level held, level wanted, priority), replacing what was asked before."""
        self.gen += 1
        self._acknowledge()
        wanted = tuple(p.WantItem(0, p.AXIAL, *item) for item in items)
        self._send(p.encode(p.Want(self.gen, wanted)))
        return self.gen

    def close(self) -> None:
        """Hang up."""
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits."""
        if self._ack_timer:
            self._ack_timer.cancel()
        if not self.ended.done():
            self.ended.set_result(f"The connection ended. {error or ''}")

    def data_received(self, data: bytes) -> None:
        """Cut what came into frames."""
        if not self._buffer:
            self._began = time.perf_counter()
        self._buffer += data
        if not self._open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._opened(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        while self._frame():
            self._began = time.perf_counter()

    def _opened(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 101"):
            self.ended.set_result(f"The handshake was refused: {head[:200]!r}")
            return
        self._open = True
        self._send(p.encode(p.Open()))

    def _frame(self) -> bool:
        """Take one whole frame, if there is one."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1], 2
        if size == _SHORT:
            if len(buffer) < 4:
                return False
            size, start = int.from_bytes(buffer[2:4], "big"), 4
        elif size == _LONG:
            if len(buffer) < 10:
                return False
            size, start = int.from_bytes(buffer[2:10], "big"), 10
        end = start + size
        if len(buffer) < end:
            return False
        with memoryview(buffer) as whole, whole[start:end] as payload:
            self._take(buffer[0] & 0x0F, payload)
        del buffer[:end]
        return True

    def _take(self, opcode: int, payload: memoryview) -> None:
        if opcode == _PING:
            self._write(_PONG, bytes(payload))
        elif opcode == _CLOSE and not self.ended.done():
            code = int.from_bytes(payload[:2], "big")
            self.ended.set_result(f"Closed with {code}: {bytes(payload[2:]).decode()}")
        elif opcode == _BINARY:
            self.received += len(payload)
            self._message(payload)
            self._owe()

    def _message(self, payload: memoryview) -> None:
        kind = payload[0]
        if kind == p.Type.FRAG:
            self.on_fragment(self._fragment(payload))
        elif kind == p.Type.META:
            message = p.decode_server(bytes(payload))
            assert isinstance(message, p.Meta)  # noqa: S101
            self.meta = message
            self._described.set_result(message)
        elif kind == p.Type.DONE:
            self.on_done(int.from_bytes(payload[1:5], "little"))

    def _fragment(self, payload: memoryview) -> Fragment:
        _, gen, _, _, index, start, level, checksum = _FRAG_HEAD.unpack_from(payload)
        size, kept = len(payload) - _FRAG_HEAD.size, b""
        if self._keep:
            kept = bytes(payload[_FRAG_HEAD.size :])
            if zlib.crc32(kept) != checksum:
                raise RuntimeError(f"Slice {index} was damaged on its way.")
        return Fragment(gen, index, start, level, size, self._began, time.perf_counter(), kept)

    def _owe(self) -> None:
        if self.received - self._acknowledged >= ACK_BYTES:
            self._acknowledge()
        elif self._ack_timer is None:
            self._ack_timer = self._loop.call_later(ACK_SECONDS, self._acknowledge)

    def _acknowledge(self) -> None:
        if self._ack_timer:
            self._ack_timer.cancel()
            self._ack_timer = None
        if self.received != self._acknowledged:
            self._acknowledged = self.received
            self._send(p.encode(p.Ack(self.received)))

    def _send(self, message: bytes) -> None:
        self._write(_BINARY, message)

    def _write(self, opcode: int, payload: bytes) -> None:
        size = len(payload)
        if size < _SHORT:
            head = struct.pack("!BB", _FIN | opcode, _MASKED | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", _FIN | opcode, _MASKED | _SHORT, size)
        else:
            head = struct.pack("!BBQ", _FIN | opcode, _MASKED | _LONG, size)
        if self._transport and not self._transport.is_closing():
            # A mask of zeros leaves the payload as it is.
            self._transport.write(head + bytes(4) + payload)
