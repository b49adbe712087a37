"""What hostile clients do to a viewer server, and what has to come of it.

Every case is made from a number, so a failure can be played again. Messages are changed at random
from sound ones; which close they deserve is read from the protocol's own rules, and honest readers
are served all the while.
"""

import asyncio
import random
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from viewer import protocol as p
from viewer.queue import LayerShape, WantQueue
from viewer.window import FLOOR

PATIENCE = 60.0
MAX_FRAME = 131_072
"""What the server takes as one WebSocket message at all (`--ws-max-size`)."""
TOO_BIG = 1009
REASONED = frozenset(set(map(int, p.CloseCode)) - {p.CloseCode.NOT_SIGNED_IN})


@dataclass(frozen=True)
class Target:
    """A server, and what there is on it: sessions by who opened them."""

    url: str
    cookies: tuple[str, ...]
    sessions: tuple[UUID, ...]
    strangers: UUID
    ended: UUID
    slices: int
    levels: int

    def connect(self, session: UUID, cookie: str = "") -> connect:
        headers = {"Cookie": cookie} if cookie else {}
        return connect(
            f"{self.url}/ws/viewer/{session}/",
            additional_headers=headers,
            max_size=None,
            compression=None,
            open_timeout=PATIENCE,
            ping_interval=None,
            close_timeout=5,
        )


@dataclass
class Tally:
    """What came of the cases."""

    cases: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Attacker:
    """One socket of a hostile client."""

    def __init__(self, channel: ClientConnection, target: Target, rng: random.Random) -> None:
        self.channel, self.target, self.rng = channel, target, rng
        self.received = 0
        self.error: p.ErrorText | None = None
        self.meta: p.Meta | None = None

    async def open(self) -> None:
        await self.channel.send(p.encode(p.Open()))
        while self.meta is None:
            self._note(await self.channel.recv(decode=False))

    def _note(self, data: bytes) -> p.ServerMessage:
        self.received += len(data)
        message = p.decode_server(data)
        if isinstance(message, p.Meta):
            self.meta = message
        if isinstance(message, p.ErrorText):
            self.error = message
        return message

    async def end(self, *, expected: set[int] | None = None) -> int:
        """Wait for the close that was deserved; raise where another one came, or no reason."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionClosed):
                while True:
                    self._note(await self.channel.recv(decode=False))
            await self.channel.wait_closed()
        code, reason = self.channel.close_code or 0, self.channel.close_reason or ""
        if expected is not None and code not in expected:
            raise AssertionError(f"closed with {code} {reason!r}, not {expected}")
        if code in REASONED and not reason:
            raise AssertionError(f"closed with {code} and no reason")
        return code

    async def still_served(self) -> None:
        """The socket is open, and answers."""
        gen = 2**32 - 1
        await self.channel.send(p.encode(p.Want(gen)))
        async with asyncio.timeout(PATIENCE):
            while self._note(await self.channel.recv(decode=False)) != p.Done(gen):
                await self.channel.send(p.encode(p.Ack(self.received)))


def sound_message(rng: random.Random, target: Target) -> bytes:
    """A message that a client might send, with numbers at the edges."""
    edge = [0, 1, 2, 127, 255, 2**16 - 1, target.slices - 1, target.slices]
    items = tuple(
        p.WantItem(
            rng.choice([0, 0, 0, 0, 1, 255]),
            rng.choice([0, 0, 0, 0, 0, 1]),
            rng.choice(edge) % 2**16 if rng.random() < 0.3 else rng.randrange(target.slices),
            rng.choice([p.NO_LEVEL, 0, 3, 5, 6]),
            rng.choice([0, 3, 5, 5, 6, 255]) if rng.random() < 0.3 else rng.randrange(6),
            rng.randrange(256),
        )
        for _ in range(rng.choice([0, 1, 3, 50, 1000]))
    )
    return p.encode(
        rng.choice(
            [
                p.Open(rng.choice([2, 2, 1, 3, 255])),
                p.Want(rng.choice([0, 1, 5, 2**31, 2**32 - 1]), items),
                p.Drop(rng.choice([0, 1, 2**32 - 1])),
                p.Ack(rng.choice([0, 1, 10**6, 2**63, 2**64 - 1])),
                p.Keepalive(),
            ]
        )
    )


def changed(data: bytes, rng: random.Random) -> bytes:
    """The message with some of its bytes changed, lost, doubled or added."""
    body = bytearray(data)
    for _ in range(rng.choice([0, 1, 1, 2, 8])):
        kind, at = rng.randrange(6), rng.randrange(len(body) + 1)
        if kind == 0 and at < len(body):
            body[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(body):
            body[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            del body[at:]
        elif kind == 3:
            body[at:at] = rng.randbytes(rng.choice([1, 7, 300]))
        elif kind == 4 and body:
            body[0] = rng.randrange(256)
        else:
            body += body[:at]
    return bytes(body[:MAX_FRAME])


def deserved(data: bytes, attacker: Attacker) -> set[int]:
    """The closes that a message may lead to on an open socket; 0 is none."""
    try:
        message = p.decode_client(data)
        if isinstance(message, p.Open):
            return {p.CloseCode.MALFORMED}
        if isinstance(message, p.Want):
            shape = LayerShape(attacker.target.slices, attacker.target.levels)
            WantQueue([shape]).check(message)
        if isinstance(message, p.Ack) and message.received > attacker.received + 2 * FLOOR:
            return {p.CloseCode.MALFORMED}
        if isinstance(message, p.Ack):
            return {0, p.CloseCode.MALFORMED}
    except p.ProtocolError as error:
        return {int(error.close_code)}
    return {0}


async def mutated(attacker: Attacker) -> None:
    """Changed messages, one after the other, until one is refused."""
    await attacker.open()
    for _ in range(20):
        data = changed(sound_message(attacker.rng, attacker.target), attacker.rng)
        outcomes = deserved(data, attacker)
        await attacker.channel.send(data)
        if outcomes == {0}:
            continue
        if 0 in outcomes:
            return
        await attacker.end(expected=outcomes)
        assert attacker.error is not None
        return
    await attacker.still_served()


async def before_open(attacker: Attacker) -> None:
    data = changed(sound_message(attacker.rng, attacker.target), attacker.rng)
    await attacker.channel.send(data)
    try:
        message = p.decode_client(data)
    except p.ProtocolError as error:
        await attacker.end(expected={int(error.close_code)})
        return
    if isinstance(message, p.Want | p.Drop) or (isinstance(message, p.Ack) and message.received):
        await attacker.end(expected={p.CloseCode.MALFORMED})
    elif isinstance(message, p.Open):
        while attacker.meta is None:
            attacker._note(await attacker.channel.recv(decode=False))


async def too_large(attacker: Attacker) -> None:
    await attacker.open()
    size = attacker.rng.choice([p.MAX_CLIENT_MESSAGE + 1, MAX_FRAME, MAX_FRAME + 1, 2_000_000])
    with suppress(ConnectionClosed):
        await attacker.channel.send(b"\x02" + bytes(size - 1))
    await attacker.end(expected={p.CloseCode.FLOODING if size <= MAX_FRAME else TOO_BIG})


async def flooding(attacker: Attacker) -> None:
    await attacker.open()
    message = attacker.rng.choice(
        [p.encode(p.Keepalive()), p.encode(p.Ack(0)), p.encode(p.Drop(0)), p.encode(p.Want(1))]
    )
    if message[0] == p.Type.ACK:
        message = p.encode(p.Ack(attacker.received))
    with suppress(ConnectionClosed):
        for _ in range(400):
            await attacker.channel.send(message)
    await attacker.end(expected={p.CloseCode.FLOODING})


async def text(attacker: Attacker) -> None:
    await attacker.channel.send(attacker.rng.choice(["", "hello", "\x01\x02", "x" * 9000]))
    await attacker.end(expected={p.CloseCode.MALFORMED})


async def never_acknowledging(attacker: Attacker) -> None:
    """Everything is wanted and nothing acknowledged: one window comes, and the socket waits."""
    await attacker.open()
    items = tuple(p.WantItem(0, 0, i, p.NO_LEVEL, 5, 0) for i in range(attacker.target.slices))
    await attacker.channel.send(p.encode(p.Want(1, items)))
    largest = max(int(row[-1]) for row in (attacker.meta.cuts[0] if attacker.meta else ()))
    with suppress(TimeoutError):
        async with asyncio.timeout(0.5):
            while True:
                attacker._note(await attacker.channel.recv(decode=False))
    assert attacker.received <= FLOOR + largest + 4096, attacker.received


async def lying_about_receipt(attacker: Attacker) -> None:
    await attacker.open()
    await attacker.channel.send(p.encode(p.Ack(attacker.received + 1 + attacker.rng.randrange(9))))
    await attacker.end(expected={p.CloseCode.MALFORMED})


async def not_reading(attacker: Attacker) -> None:
    """Wants everything again and again, reads nothing, and hangs up without a word."""
    await attacker.open()
    items = tuple(p.WantItem(0, 0, i, p.NO_LEVEL, 5, 0) for i in range(attacker.target.slices))
    for gen in range(1, 20):
        await attacker.channel.send(p.encode(p.Want(gen, items)))
    attacker.channel.transport.abort()


async def half_a_frame(attacker: Attacker) -> None:
    """The head of a frame whose payload never comes."""
    length = attacker.rng.choice([60_000, MAX_FRAME])
    size = struct.pack("!BBQ", 0x82, 0x80 | 127, length) + bytes(4)
    attacker.channel.transport.write(size + bytes(attacker.rng.randrange(1000)))
    await asyncio.sleep(0.2)
    attacker.channel.transport.abort()


async def broken_frames(attacker: Attacker) -> None:
    """Frames that RFC 6455 forbids: not masked, of unknown kinds, continued from nothing."""
    frame = attacker.rng.choice(
        [b"\x82\x01\x05", b"\x83\x80" + bytes(4), b"\x80\x80" + bytes(4), b"\xf2\x80" + bytes(4)]
    )
    attacker.channel.transport.write(frame)
    await attacker.end(expected={1002})


Case = Callable[[Attacker], Awaitable[None]]
CASES: tuple[tuple[Case, int], ...] = (
    (mutated, 60),
    (before_open, 15),
    (too_large, 4),
    (flooding, 4),
    (text, 3),
    (never_acknowledging, 2),
    (lying_about_receipt, 3),
    (not_reading, 3),
    (half_a_frame, 3),
    (broken_frames, 3),
)


async def turned_away(target: Target, rng: random.Random, tally: Tally) -> None:
    """Sockets of those who may not look, each told as much as they may know."""
    me = rng.randrange(len(target.cookies))
    other = UUID(int=rng.getrandbits(128))
    for name, session, cookie, code in (
        ("nobody", target.sessions[me], "", p.CloseCode.NOT_SIGNED_IN),
        ("forged", target.sessions[me], "sessionid=x" * 3, p.CloseCode.NOT_SIGNED_IN),
        ("stranger", target.strangers, target.cookies[me], p.CloseCode.NOT_FOUND),
        ("unknown", other, target.cookies[me], p.CloseCode.NOT_FOUND),
        ("ended", target.ended, target.cookies[0], p.CloseCode.SESSION_ENDED),
    ):
        async with target.connect(session, cookie) as channel:
            attacker = Attacker(channel, target, rng)
            with suppress(ConnectionClosed):
                await channel.send(p.encode(p.Open()))
            await attacker.end(expected={int(code)})
            tally.cases[name] += 1
            tally.closes[str(int(code))] += 1


async def play(target: Target, number: int, *, seed: int, tally: Tally) -> None:
    """Play one case; what goes wrong is written down, to be played again by its number."""
    rng = random.Random(f"{seed}/{number}")
    case = rng.choices([c for c, _ in CASES], [weight for _, weight in CASES])[0]
    me = number % len(target.cookies)
    try:
        if number % 50 == 0:
            await turned_away(target, rng, tally)
        async with asyncio.timeout(2 * PATIENCE):
            async with target.connect(target.sessions[me], target.cookies[me]) as channel:
                await case(Attacker(channel, target, rng))
            tally.closes[str(channel.close_code or "left")] += 1
    except (AssertionError, TimeoutError, OSError, ConnectionClosed, p.ProtocolError) as error:
        tally.failures.append(f"{number} {case.__name__}: {type(error).__name__} {error}")
    tally.cases[case.__name__] += 1
