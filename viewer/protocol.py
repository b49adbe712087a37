"""The viewer's wire protocol, version 1 (docs/viewer-protocol.md).

Pure: bytes in, typed messages out, and back.

Everything is little-endian and the first byte is the type. Decoding never trusts a length or a
count: whatever does not match the layout exactly is a `ProtocolError` that carries the error
code the peer is told.
"""

import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

VERSION = 1
NO_LEVEL = 0xFF
AXIAL = 0
MAX_WANT_ITEMS = 16384
MAX_CLIENT_MESSAGE = 7 + MAX_WANT_ITEMS * 7
MAX_META_JSON = 4 * 1024 * 1024


class ErrorCode(IntEnum):
    """What an ERROR message says to a program; its text says it to a person."""

    MALFORMED = 1
    VERSION = 2
    NOT_OPEN = 3
    OUT_OF_RANGE = 4
    TOO_LARGE = 5
    TOO_MANY = 6
    NOT_FOUND = 7
    SESSION_ENDED = 8
    PREPARATION_FAILED = 9
    INTERNAL = 10


class CloseCode(IntEnum):
    """WebSocket close codes of the viewer."""

    MALFORMED = 4400
    NOT_SIGNED_IN = 4401
    NOT_FOUND = 4404
    SESSION_ENDED = 4408
    ADDRESS_SPENT = 4410
    FLOODING = 4429
    NOT_PREPARED = 4503
    INTERNAL = 1011


CLOSE_CODES: Mapping[ErrorCode, CloseCode] = {
    ErrorCode.MALFORMED: CloseCode.MALFORMED,
    ErrorCode.VERSION: CloseCode.MALFORMED,
    ErrorCode.NOT_OPEN: CloseCode.MALFORMED,
    ErrorCode.OUT_OF_RANGE: CloseCode.MALFORMED,
    ErrorCode.TOO_LARGE: CloseCode.FLOODING,
    ErrorCode.TOO_MANY: CloseCode.FLOODING,
    ErrorCode.NOT_FOUND: CloseCode.NOT_FOUND,
    ErrorCode.SESSION_ENDED: CloseCode.SESSION_ENDED,
    ErrorCode.PREPARATION_FAILED: CloseCode.NOT_PREPARED,
    ErrorCode.INTERNAL: CloseCode.INTERNAL,
}


class ProtocolError(Exception):
    """A message that breaks the protocol, or cannot be answered."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def close_code(self) -> CloseCode:
        """The code to close the socket with."""
        return CLOSE_CODES[self.code]


class Type(IntEnum):
    """First byte of a message."""

    OPEN = 0x01
    WANT = 0x02
    DROP = 0x03
    ACK = 0x04
    KEEPALIVE = 0x05
    META = 0x81
    FRAG = 0x82
    DONE = 0x83
    ERROR = 0x84
    STATE = 0x85


class WantItem(NamedTuple):
    """One slice the client wants, from the level it holds to the level it needs;

    priority 0 is the most urgent.
    """

    layer: int
    plane: int
    slice: int
    level_have: int
    level_to: int
    priority: int


@dataclass(frozen=True, slots=True)
class Open:
    """First message of the client."""

    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Want:
    """Replaces the whole queue."""

    gen: int
    items: tuple[WantItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Drop:
    """Forget everything up to and including this generation."""

    gen: int


@dataclass(frozen=True, slots=True)
class Ack:
    """Bytes of all messages received since the socket opened."""

    received: int


@dataclass(frozen=True, slots=True)
class Keepalive:
    """The reader is still there."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What the display set holds; `cuts[layer][slice][level]` are the cut points in bytes."""

    info: Mapping[str, Any]
    cuts: Sequence[Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Frag:
    """Bytes `cut[level_from] .. cut[level_to]` of one slice."""

    gen: int
    layer: int
    plane: int
    slice: int
    level_from: int
    level_to: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """Everything this generation wanted has been sent."""

    gen: int


@dataclass(frozen=True, slots=True)
class ErrorText:
    """Why the server closes."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """Whether the slices can be served yet, with a sentence for people."""

    ready: bool
    text: str


ClientMessage = Open | Want | Drop | Ack | Keepalive
ServerMessage = Meta | Frag | Done | ErrorText | State

_WANT_HEAD = struct.Struct("<BIH")
_WANT_ITEM = struct.Struct("<BBHBBB")
_FRAG_HEAD = struct.Struct("<BIBBHBBI")
_META_HEAD = struct.Struct("<BI")
_GEN = struct.Struct("<BI")
_ACK = struct.Struct("<BQ")
_ERROR_HEAD = struct.Struct("<BH")


def encode(message: ClientMessage | ServerMessage) -> bytes:
    """Bytes of a message.

    Raises `struct.error` for a number that does not fit its field: a bug of the caller.
    """
    encoder: Callable[[Any], bytes] = _ENCODERS[type(message)]
    return encoder(message)


def decode_client(data: bytes) -> ClientMessage:
    """A message from a client. Raises `ProtocolError`."""
    if len(data) > MAX_CLIENT_MESSAGE:
        raise ProtocolError(
            ErrorCode.TOO_LARGE, f"A message may have {MAX_CLIENT_MESSAGE} bytes, not {len(data)}."
        )
    decoder = _CLIENT_DECODERS.get(data[0]) if data else None
    if decoder is None:
        raise _malformed("The message is empty or of an unknown type.")
    return decoder(data)


def decode_server(data: bytes) -> ServerMessage:
    """A message from a server (used by tests and by other programs that speak the protocol).

    Raises `ProtocolError`.
    """
    decoder = _SERVER_DECODERS.get(data[0]) if data else None
    if decoder is None:
        raise _malformed("The message is empty or of an unknown type.")
    return decoder(data)


def _malformed(message: str) -> ProtocolError:
    return ProtocolError(ErrorCode.MALFORMED, message)


def _exact(layout: struct.Struct, data: bytes, name: str) -> tuple[Any, ...]:
    if len(data) != layout.size:
        raise _malformed(f"{name} has {layout.size} bytes, not {len(data)}.")
    return layout.unpack(data)


def _head(layout: struct.Struct, data: bytes, name: str) -> tuple[Any, ...]:
    if len(data) < layout.size:
        raise _malformed(f"{name} has at least {layout.size} bytes, not {len(data)}.")
    return layout.unpack_from(data)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("The text is not UTF-8.") from error


def _encode_want(message: Want) -> bytes:
    if len(message.items) > MAX_WANT_ITEMS:
        raise ProtocolError(ErrorCode.TOO_LARGE, f"A WANT may name {MAX_WANT_ITEMS} slices.")
    head = _WANT_HEAD.pack(Type.WANT, message.gen, len(message.items))
    return head + b"".join(_WANT_ITEM.pack(*item) for item in message.items)


def _decode_open(data: bytes) -> Open:
    if len(data) != 2:
        raise _malformed(f"OPEN has 2 bytes, not {len(data)}.")
    if data[1] != VERSION:
        raise ProtocolError(
            ErrorCode.VERSION,
            f"This server speaks version {VERSION}, not {data[1]}. Reload the page.",
        )
    return Open(version=data[1])


def _decode_want(data: bytes) -> Want:
    _, gen, count = _head(_WANT_HEAD, data, "WANT")
    if count > MAX_WANT_ITEMS:
        raise ProtocolError(
            ErrorCode.TOO_LARGE, f"A WANT may name {MAX_WANT_ITEMS} slices, not {count}."
        )
    if len(data) != _WANT_HEAD.size + count * _WANT_ITEM.size:
        raise _malformed(f"WANT says {count} slices, which does not match its length.")
    items = tuple(map(WantItem._make, _WANT_ITEM.iter_unpack(memoryview(data)[_WANT_HEAD.size :])))
    return Want(gen=gen, items=items)


def _decode_keepalive(data: bytes) -> Keepalive:
    if len(data) != 1:
        raise _malformed("KEEPALIVE has no body.")
    return Keepalive()


def _encode_meta(message: Meta) -> bytes:
    body = json.dumps(
        message.info, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()
    parts = [_META_HEAD.pack(Type.META, len(body)), body]
    for layer in message.cuts:
        parts.extend(struct.pack(f"<{len(cuts)}I", *cuts) for cuts in layer)
    return b"".join(parts)


def _decode_meta(data: bytes) -> Meta:
    _, length = _head(_META_HEAD, data, "META")
    start = _META_HEAD.size + length
    if length > MAX_META_JSON or start > len(data):
        raise _malformed("META is shorter than its JSON says.")
    try:
        info = json.loads(_text(data[_META_HEAD.size : start]))
        shapes = [
            (layer["size"][2] * layer["timepoints"], layer["levels"]) for layer in info["layers"]
        ]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise _malformed("META does not describe its layers.") from error
    return Meta(info=info, cuts=_decode_cuts(data[start:], shapes))


def _decode_cuts(data: bytes, shapes: Sequence[tuple[Any, Any]]) -> list[list[tuple[int, ...]]]:
    for slices, levels in shapes:
        if type(slices) is not int or type(levels) is not int or slices < 1 or levels < 1:
            raise _malformed("META has a layer without slices or levels.")
    if len(data) != 4 * sum(slices * levels for slices, levels in shapes):
        raise _malformed("META's cut points do not match its layers.")
    cuts, position = [], 0
    for slices, levels in shapes:
        row = struct.Struct(f"<{levels}I")
        end = position + slices * row.size
        cuts.append(list(row.iter_unpack(data[position:end])))
        position = end
    return cuts


def _encode_frag(message: Frag) -> bytes:
    m = message
    head = (m.gen, m.layer, m.plane, m.slice, m.level_from, m.level_to, zlib.crc32(m.payload))
    return _FRAG_HEAD.pack(Type.FRAG, *head) + m.payload


def _decode_frag(data: bytes) -> Frag:
    _, gen, layer, plane, index, level_from, level_to, checksum = _head(_FRAG_HEAD, data, "FRAG")
    payload = data[_FRAG_HEAD.size :]
    if zlib.crc32(payload) != checksum:
        raise _malformed("FRAG's checksum does not match its payload.")
    return Frag(gen, layer, plane, index, level_from, level_to, payload)


def _decode_error(data: bytes) -> ErrorText:
    _, code = _head(_ERROR_HEAD, data, "ERROR")
    return ErrorText(code=code, text=_text(data[_ERROR_HEAD.size :]))


def _decode_state(data: bytes) -> State:
    if len(data) < 2 or data[1] > 1:
        raise _malformed("STATE is 0 or 1.")
    return State(ready=bool(data[1]), text=_text(data[2:]))


_ENCODERS: Mapping[type, Callable[[Any], bytes]] = {
    Open: lambda m: bytes((Type.OPEN, m.version)),
    Want: _encode_want,
    Drop: lambda m: _GEN.pack(Type.DROP, m.gen),
    Ack: lambda m: _ACK.pack(Type.ACK, m.received),
    Keepalive: lambda m: bytes((Type.KEEPALIVE,)),
    Meta: _encode_meta,
    Frag: _encode_frag,
    Done: lambda m: _GEN.pack(Type.DONE, m.gen),
    ErrorText: lambda m: _ERROR_HEAD.pack(Type.ERROR, m.code) + m.text.encode(),
    State: lambda m: bytes((Type.STATE, int(m.ready))) + m.text.encode(),
}
_CLIENT_DECODERS: Mapping[int, Callable[[bytes], ClientMessage]] = {
    Type.OPEN: _decode_open,
    Type.WANT: _decode_want,
    Type.DROP: lambda data: Drop(gen=_exact(_GEN, data, "DROP")[1]),
    Type.ACK: lambda data: Ack(received=_exact(_ACK, data, "ACK")[1]),
    Type.KEEPALIVE: _decode_keepalive,
}
_SERVER_DECODERS: Mapping[int, Callable[[bytes], ServerMessage]] = {
    Type.META: _decode_meta,
    Type.FRAG: _decode_frag,
    Type.DONE: lambda data: Done(gen=_exact(_GEN, data, "DONE")[1]),
    Type.ERROR: _decode_error,
    Type.STATE: _decode_state,
}
