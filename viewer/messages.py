"""The messages of the viewer's wire protocol, their error and close codes. Pure.

`viewer.protocol` turns them into bytes and back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple, Self, overload

import numpy as np
from numpy.typing import NDArray

VERSION = 2
NO_LEVEL = 0xFF
AXIAL = 0
MAX_WANT_ITEMS = 16384
MAX_CLIENT_MESSAGE = 7 + MAX_WANT_ITEMS * 7
MAX_META_JSON = 4 * 1024 * 1024


Payload = bytes | bytearray | memoryview
CutTable = Sequence[Sequence[int]] | NDArray[np.uint32]
"""`table[slice][level]`: where each level of a slice ends, in bytes."""


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
    CUTS = 0x86


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


WANT_ROW = np.dtype(
    [
        ("layer", "u1"),
        ("plane", "u1"),
        ("slice", "<u2"),
        ("level_have", "u1"),
        ("level_to", "u1"),
        ("priority", "u1"),
    ]
)
"""A `WantItem` on the wire."""


class WantItems(Sequence[WantItem]):
    """The items of a decoded WANT: a table over the message's own bytes, made items when read.

    A reader who scrolls sends a thousand items ten times a second, and the next message replaces
    most of them unread.
    """

    __slots__ = ("table",)

    def __init__(self, table: NDArray[np.void]) -> None:
        self.table = table

    @classmethod
    def of(cls, items: Iterable[WantItem]) -> Self:
        """The same items as a table."""
        return cls(np.array([tuple(item) for item in items], WANT_ROW))

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[WantItem]:
        return map(WantItem._make, self.table.tolist())

    @overload
    def __getitem__(self, index: int) -> WantItem: ...
    @overload
    def __getitem__(self, index: slice) -> "WantItems": ...
    def __getitem__(self, index: int | slice) -> "WantItem | WantItems":
        if isinstance(index, slice):
            return WantItems(self.table[index])
        return WantItem._make(self.table[index].tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WantItems | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"WantItems({tuple(self)!r})"


@dataclass(frozen=True, slots=True)
class Open:
    """First message of the client."""

    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Want:
    """Replaces the whole queue."""

    gen: int
    items: Sequence[WantItem] = ()


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
    """What the display set holds; `cuts[layer][slice][level]` are the cut points in bytes.

    Those of a slice that was not encoded yet are 0; a `Cuts` tells them later.
    """

    info: Mapping[str, Any]
    cuts: Sequence[CutTable]


@dataclass(frozen=True, slots=True)
class Cuts:
    """Cut points of neighboring slices, from `first` on; they stay what they are."""

    layer: int
    first: int
    cuts: CutTable


@dataclass(frozen=True, slots=True)
class Frag:
    """Bytes `cut[level_from] .. cut[level_to]` of one slice."""

    gen: int
    layer: int
    plane: int
    slice: int
    level_from: int
    level_to: int
    payload: Payload = field(repr=False)


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
ServerMessage = Meta | Cuts | Frag | Done | ErrorText | State
