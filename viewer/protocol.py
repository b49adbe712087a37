"""The viewer's wire protocol, version 2 (docs/viewer-protocol.md).

Pure: bytes in, typed messages out, and back.

Everything is little-endian and the first byte is the type. Decoding never trusts a length or a
count: whatever does not match the layout exactly is a `ProtocolError` that carries the error
code the peer is told.
"""

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from isal import isal_zlib

from viewer.messages import (
    AXIAL,
    CLOSE_CODES,
    MAX_CLIENT_MESSAGE,
    MAX_META_JSON,
    MAX_WANT_ITEMS,
    NO_LEVEL,
    VERSION,
    WANT_ROW,
    Ack,
    ClientMessage,
    CloseCode,
    Cuts,
    CutTable,
    Done,
    Drop,
    ErrorCode,
    ErrorText,
    Frag,
    Keepalive,
    Meta,
    Open,
    Payload,
    ProtocolError,
    ServerMessage,
    State,
    Type,
    Want,
    WantItem,
    WantItems,
)

__all__ = [
    "AXIAL",
    "CLOSE_CODES",
    "FRAG_HEAD",
    "MAX_CLIENT_MESSAGE",
    "MAX_META_JSON",
    "MAX_WANT_ITEMS",
    "NO_LEVEL",
    "VERSION",
    "Ack",
    "ClientMessage",
    "CloseCode",
    "CutTable",
    "Cuts",
    "Done",
    "Drop",
    "ErrorCode",
    "ErrorText",
    "Frag",
    "Keepalive",
    "Meta",
    "Open",
    "Payload",
    "ProtocolError",
    "ServerMessage",
    "State",
    "Type",
    "Want",
    "WantItem",
    "WantItems",
    "decode_client",
    "decode_server",
    "encode",
    "frame_fragment",
]

_WANT_HEAD = struct.Struct("<BIH")
FRAG_HEAD = struct.Struct("<BIBBHBBI")
_META_HEAD = struct.Struct("<BI")
_CUTS_HEAD = struct.Struct("<BBBHH")
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
    items = message.items
    rows = items if isinstance(items, WantItems) else WantItems.of(items)
    return head + rows.table.tobytes()


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
    if len(data) != _WANT_HEAD.size + count * WANT_ROW.itemsize:
        raise _malformed(f"WANT says {count} slices, which does not match its length.")
    return Want(gen=gen, items=WantItems(np.frombuffer(data, WANT_ROW, offset=_WANT_HEAD.size)))


def _decode_keepalive(data: bytes) -> Keepalive:
    if len(data) != 1:
        raise _malformed("KEEPALIVE has no body.")
    return Keepalive()


def _encode_meta(message: Meta) -> bytes:
    body = json.dumps(
        message.info, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()
    return b"".join((_META_HEAD.pack(Type.META, len(body)), body, *map(_table, message.cuts)))


def _table(cuts: CutTable) -> bytes:
    return np.asarray(cuts, "<u4").tobytes()


def _encode_cuts(message: Cuts) -> bytes:
    levels = len(message.cuts[0]) if len(message.cuts) else 0
    head = (message.layer, levels, message.first, len(message.cuts))
    return _CUTS_HEAD.pack(Type.CUTS, *head) + _table(message.cuts)


def _decode_cuts(data: bytes) -> Cuts:
    _, layer, levels, first, count = _head(_CUTS_HEAD, data, "CUTS")
    body = data[_CUTS_HEAD.size :]
    if not levels or not count or len(body) != count * levels * 4:
        raise _malformed("CUTS does not match its length.")
    return Cuts(layer, first, list(struct.iter_unpack(f"<{levels}I", body)))


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
    return Meta(info=info, cuts=_decode_tables(data[start:], shapes))


def _decode_tables(data: bytes, shapes: Sequence[tuple[Any, Any]]) -> list[list[tuple[int, ...]]]:
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
    checksum = isal_zlib.crc32(m.payload)
    head = (m.gen, m.layer, m.plane, m.slice, m.level_from, m.level_to, checksum)
    return b"".join((FRAG_HEAD.pack(Type.FRAG, *head), m.payload))


def frame_fragment(message: bytearray, head: tuple[int, int, int, int, int, int]) -> None:
    """Make a FRAG of a payload that has room for the head in front of it, without a copy."""
    checksum = isal_zlib.crc32(memoryview(message)[FRAG_HEAD.size :])
    FRAG_HEAD.pack_into(message, 0, Type.FRAG, *head, checksum)


def _decode_frag(data: bytes) -> Frag:
    _, gen, layer, plane, index, level_from, level_to, checksum = _head(FRAG_HEAD, data, "FRAG")
    payload = data[FRAG_HEAD.size :]
    if isal_zlib.crc32(payload) != checksum:
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
    Cuts: _encode_cuts,
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
    Type.CUTS: _decode_cuts,
    Type.FRAG: _decode_frag,
    Type.DONE: lambda data: Done(gen=_exact(_GEN, data, "DONE")[1]),
    Type.ERROR: _decode_error,
    Type.STATE: _decode_state,
}
