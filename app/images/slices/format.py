"""The layout of a slice pack and its checks.

    offset  bytes  what
    0       8      magic 89 48 46 53 0D 0A 1A 0A ("HFS", in PNG's manner)
    8       2      version, 1
    10      2      levels L
    12      4      slices N
    16      4      length H of the JSON header
    20      4      CRC32 of header and table
    24      H      JSON header (geometry, size, type, codec, window), padded with spaces
    24+H    N*R    table, per slice: u64 offset, L x u32 cuts, u32 CRC32; R = 12 + 4L
    ...            slices; the bytes offset .. offset+cut[l] are level l of the slice

All numbers are little-endian. Slice `t * z_count + z` is slice z of time point t. Geometry is
LPS millimetres; the columns of the direction matrix (stored row by row) are the directions of
the x, y and z axes.
"""

import itertools
import json
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, cast

from app.images.slices.errors import PackError

MAGIC = b"\x89HFS\r\n\x1a\n"
VERSION = 1
NO_LEVEL = 0xFF
PREFIX = struct.Struct("<8sHHIII")
MAX_HEADER = 64 * 1024
MAX_SLICES = 65535
MAX_SIDE = 65535
MAX_LEVELS = 16
MAX_COMPONENTS = 4
MAX_SLICE_BYTES = 1 << 30

Codec = Literal["htj2k", "deflate"]
ITEM_SIZES = {
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "float32": 4,
    "float64": 8,
}
HTJ2K_TYPES = frozenset({"uint8", "int16", "uint16"})


@dataclass(frozen=True, slots=True)
class Window:
    """Grey values shown from black (center - width/2) to white (center + width/2)."""

    center: float
    width: float


@dataclass(frozen=True, slots=True)
class PackInfo:
    """What a pack says about its image.

    `size` is (x, y, z); `type` is the type of the decoded pixels and `source_type` that of the
    MetaImage file: they differ where the values were stored losslessly in another type. `range`
    is the smallest and largest finite value.
    """

    size: tuple[int, int, int]
    timepoints: int
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    direction: tuple[float, ...]
    type: str
    source_type: str
    components: int
    codec: Codec
    levels: int
    window: Window
    range: tuple[float, float]

    @property
    def slices(self) -> int:
        """Number of stored slices: z times time points."""
        return self.size[2] * self.timepoints

    @property
    def level_sizes(self) -> tuple[tuple[int, int], ...]:
        """(width, height) of every level, smallest first."""
        width, height, _ = self.size
        return tuple((-(-width >> s), -(-height >> s)) for s in _shifts(self.levels))

    @property
    def slice_bytes(self) -> int:
        """Size of one decoded slice."""
        return self.size[0] * self.size[1] * self.components * ITEM_SIZES[self.type]


class SliceEntry(NamedTuple):
    """Where one slice lies: its bytes are `offset .. offset + cuts[-1]`."""

    offset: int
    cuts: tuple[int, ...]
    checksum: int


def _shifts(levels: int) -> range:
    return range(levels - 1, -1, -1)


def table_row(levels: int) -> struct.Struct:
    """Layout of one table row."""
    return struct.Struct(f"<Q{levels}II")


def index_size(header_length: int, slices: int, levels: int) -> int:
    """Bytes before the first slice."""
    return PREFIX.size + header_length + slices * table_row(levels).size


def encode_header(info: PackInfo) -> bytes:
    """The JSON header."""
    return json.dumps(asdict(info), separators=(",", ":"), allow_nan=False).encode("ascii")


def encode_index(info: PackInfo, entries: list[SliceEntry], *, header_length: int) -> bytes:
    """Prefix, header (padded to `header_length`) and table."""
    header = encode_header(info)
    if len(header) > header_length:
        raise PackError("too-large", "The geometry does not fit the header of a slice pack.")
    row = table_row(info.levels)
    table = b"".join(row.pack(e.offset, *e.cuts, e.checksum) for e in entries)
    body = header.ljust(header_length) + table
    prefix = PREFIX.pack(MAGIC, VERSION, info.levels, len(entries), header_length, zlib.crc32(body))
    return prefix + body


def decode_prefix(data: bytes, *, total: int) -> tuple[int, int, int, int]:
    """Levels, slices, header length and checksum.

    Every size is checked against `total` (bytes of the file) here.
    """
    if len(data) < PREFIX.size:
        raise PackError("not-a-pack", "The file is too short for a slice pack.")
    magic, version, levels, slices, header_length, checksum = PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise PackError("not-a-pack", "The file is not a slice pack.")
    if version != VERSION:
        raise PackError(
            "unsupported",
            f"This slice pack has version {version}; this program reads version {VERSION}.",
        )
    if not (
        1 <= levels <= MAX_LEVELS and 1 <= slices <= MAX_SLICES and 2 <= header_length <= MAX_HEADER
    ):
        raise PackError("damaged", "The slice pack's index has impossible sizes.")
    if index_size(header_length, slices, levels) > total:
        raise PackError("truncated", "The slice pack ends before its index does.")
    return levels, slices, header_length, checksum


def decode_index(data: bytes, *, total: int) -> tuple[PackInfo, list[SliceEntry]]:
    """Header and table of a pack whose first bytes are `data`, for a file of `total` bytes.

    Raises `PackError`.
    """
    levels, slices, header_length, checksum = decode_prefix(data, total=total)
    end = index_size(header_length, slices, levels)
    body = data[PREFIX.size : end]
    if len(body) != end - PREFIX.size or zlib.crc32(body) != checksum:
        raise PackError("damaged", "The slice pack's index does not match its checksum.")
    info = decode_info(body[:header_length])
    if info.levels != levels or info.slices != slices:
        raise PackError("damaged", "The slice pack's header does not match its table.")
    row = table_row(levels)
    entries = [
        SliceEntry(r[0], tuple(r[1:-1]), r[-1]) for r in row.iter_unpack(body[header_length:])
    ]
    for entry in entries:
        _check_entry(entry, start=end, total=total)
    return info, entries


def _check_entry(entry: SliceEntry, *, start: int, total: int) -> None:
    cuts = entry.cuts
    rising = cuts[0] > 0 and all(a <= b for a, b in itertools.pairwise(cuts))
    if not rising or entry.offset < start or entry.offset + cuts[-1] > total:
        raise PackError("damaged", "A slice lies outside the slice pack.")


def decode_info(data: bytes) -> PackInfo:
    """The JSON header, checked field by field: the file may come from anywhere."""
    try:
        raw = json.loads(data)
        info = _info(raw)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise PackError("damaged", "The slice pack's header cannot be read.") from error
    _check_info(info)
    return info


def _info(raw: Mapping[str, Any]) -> PackInfo:
    low, high = _floats(raw["range"], 2)
    return PackInfo(
        size=cast("tuple[int, int, int]", tuple(_int(v) for v in _list(raw["size"], 3))),
        timepoints=_int(raw["timepoints"]),
        spacing=cast("tuple[float, float, float]", _floats(raw["spacing"], 3)),
        origin=cast("tuple[float, float, float]", _floats(raw["origin"], 3)),
        direction=_floats(raw["direction"], 9),
        type=_text(raw["type"]),
        source_type=_text(raw["source_type"]),
        components=_int(raw["components"]),
        codec=cast("Codec", _text(raw["codec"])),
        levels=_int(raw["levels"]),
        window=Window(*_floats([raw["window"]["center"], raw["window"]["width"]], 2)),
        range=(low, high),
    )


def _check_info(info: PackInfo) -> None:
    """Raise for values that no pack of ours can have."""
    sound = (
        all(1 <= side <= MAX_SIDE for side in info.size)
        and 1 <= info.timepoints <= MAX_SLICES
        and info.slices <= MAX_SLICES
        and all(s > 0 for s in info.spacing)
        and 1 <= info.components <= MAX_COMPONENTS
        and 1 <= info.levels <= MAX_LEVELS
        and info.type in ITEM_SIZES
        and info.window.width > 0
    )
    sound = sound and info.slice_bytes <= MAX_SLICE_BYTES
    if info.codec == "htj2k":
        sound = sound and info.type in HTJ2K_TYPES and (info.components == 1 or _is_rgb(info))
    elif info.codec == "deflate":
        sound = sound and info.levels == 1
    else:
        sound = False
    if not sound:
        raise PackError("damaged", "The slice pack's header holds impossible values.")


def _is_rgb(info: PackInfo) -> bool:
    return info.components == 3 and info.type == "uint8"


def _list(value: Any, length: int) -> list[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise ValueError("wrong number of values")
    return value


def _int(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("not an integer")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 32:
        raise ValueError("not a short text")
    return value


def _floats(value: Any, length: int) -> tuple[float, ...]:
    values = tuple(float(v) for v in _list(value, length) if type(v) in (int, float))
    if len(values) != length or not all(math.isfinite(v) for v in values):
        raise ValueError("not finite numbers")
    return values
