"""The layout of a slice pack and its checks.

    offset  bytes  what
    0       8      magic 89 48 46 53 0D 0A 1A 0A ("HFS", in PNG's manner)
    8       2      version, 2
    10      2      levels L
    12      4      slices N
    16      4      length H of the JSON header
    20      4      CRC32 of header and table
    24      H      JSON header (geometry, size, type, codec, window), padded with spaces
    24+H    N*R    table, per slice: u64 head, u64 tail, L x u32 cuts, u32 CRC32 of the head, u32
                   CRC32 of the tail; R = 24 + 4L
    ...            the tails of all slices, then their heads

A slice is its head followed by its tail; the first cut[l] bytes of it are level l. Heads end with
the level that the header calls `head` and lie side by side, so that a preview of the whole volume
is one short range: a tenth of the file. All numbers are little-endian. Slice `t * z_count + z` is
slice z of time point t. Geometry is LPS millimetres; the columns of the direction matrix (stored
row by row) are the directions of the x, y and z axes.

Version 1 had no heads: u64 offset, L x u32 cuts, u32 CRC32 per slice. It is still read.
"""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.images.slices.errors import PackError

MAGIC = b"\x89HFS\r\n\x1a\n"
VERSION = 2
_READABLE = (1, VERSION)
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
PREVIEW_SIDE = 128
"""A preview is the largest level of at most so many pixels a side, here and in the viewer."""
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
    is the smallest and largest finite value. `head` is the level up to which the beginnings of
    all slices lie side by side.
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
    head: int
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


def _shifts(levels: int) -> range:
    return range(levels - 1, -1, -1)


def preview_level(size: tuple[int, int, int], levels: int) -> int:
    """The largest level whose sides have at most `PREVIEW_SIDE` pixels, else the smallest."""
    side = max(size[:2])
    fitting = [i for i, shift in enumerate(_shifts(levels)) if -(-side >> shift) <= PREVIEW_SIDE]
    return max(fitting, default=0)


def table_row(levels: int, *, version: int = VERSION) -> np.dtype[np.void]:
    """Layout of one table row."""
    cuts = ("cuts", "<u4", (levels,))
    if version == 1:
        return np.dtype([("head", "<u8"), cuts, ("head_sum", "<u4")])
    sums = [("head_sum", "<u4"), ("tail_sum", "<u4")]
    return np.dtype([("head", "<u8"), ("tail", "<u8"), cuts, *sums])


def index_size(header_length: int, slices: int, levels: int, *, version: int = VERSION) -> int:
    """Bytes before the first slice."""
    return PREFIX.size + header_length + slices * table_row(levels, version=version).itemsize


def encode_header(info: PackInfo) -> bytes:
    """The JSON header."""
    return json.dumps(asdict(info), separators=(",", ":"), allow_nan=False).encode("ascii")


def encode_index(info: PackInfo, table: NDArray[np.void], *, header_length: int) -> bytes:
    """Prefix, header (padded to `header_length`) and table."""
    header = encode_header(info)
    if len(header) > header_length:
        raise PackError("too-large", "The geometry does not fit the header of a slice pack.")
    body = header.ljust(header_length) + table.tobytes()
    checksum = isal_zlib.crc32(body)
    return PREFIX.pack(MAGIC, VERSION, info.levels, len(table), header_length, checksum) + body


class Prefix(NamedTuple):
    """The first bytes of a pack."""

    version: int
    levels: int
    slices: int
    header_length: int
    checksum: int

    @property
    def index_size(self) -> int:
        """Bytes before the first slice."""
        return index_size(self.header_length, self.slices, self.levels, version=self.version)


def decode_prefix(data: bytes, *, total: int) -> Prefix:
    """What the first bytes say; every size is checked against `total` (bytes of the file)."""
    if len(data) < PREFIX.size:
        raise PackError("not-a-pack", "The file is too short for a slice pack.")
    magic, *numbers = PREFIX.unpack_from(data)
    prefix = Prefix(*numbers)
    if magic != MAGIC:
        raise PackError("not-a-pack", "The file is not a slice pack.")
    if prefix.version not in _READABLE:
        raise PackError(
            "unsupported",
            f"This slice pack has version {prefix.version}; this program reads up to {VERSION}.",
        )
    if not (
        1 <= prefix.levels <= MAX_LEVELS
        and 1 <= prefix.slices <= MAX_SLICES
        and 2 <= prefix.header_length <= MAX_HEADER
    ):
        raise PackError("damaged", "The slice pack's index has impossible sizes.")
    if prefix.index_size > total:
        raise PackError("truncated", "The slice pack ends before its index does.")
    return prefix


def decode_index(data: bytes, *, total: int) -> tuple[PackInfo, NDArray[np.void]]:
    """Header and table of a pack whose first bytes are `data`, for a file of `total` bytes.

    The table is one of version 2. Raises `PackError`.
    """
    prefix = decode_prefix(data, total=total)
    end = prefix.index_size
    body = memoryview(data)[PREFIX.size : end]
    if len(body) != end - PREFIX.size or isal_zlib.crc32(body) != prefix.checksum:
        raise PackError("damaged", "The slice pack's index does not match its checksum.")
    info = decode_info(bytes(body[: prefix.header_length]), version=prefix.version)
    if info.levels != prefix.levels or info.slices != prefix.slices:
        raise PackError("damaged", "The slice pack's header does not match its table.")
    row = table_row(info.levels, version=prefix.version)
    table = _current(np.frombuffer(body, row, offset=prefix.header_length), info.levels)
    _check_table(table, head=info.head, start=end, total=total)
    return info, table


def _current(table: NDArray[np.void], levels: int) -> NDArray[np.void]:
    """The table as one of version 2; slices of version 1 are all head."""
    row = table_row(levels)
    if table.dtype == row:
        return table
    current = np.zeros(len(table), row)
    for name in table.dtype.names or ():
        current[name] = table[name]
    current["tail"] = current["head"]
    return current


def _check_table(table: NDArray[np.void], *, head: int, start: int, total: int) -> None:
    """Raise unless every slice lies inside the file, and its levels grow."""
    cuts = table["cuts"].astype(np.int64)
    rising = (cuts[:, 0] > 0).all() and (np.diff(cuts, axis=1) >= 0).all()
    lengths = {"head": cuts[:, head], "tail": cuts[:, -1] - cuts[:, head]}
    # Offsets beyond any file are refused first: they would overflow when a length is added.
    inside = all(
        (table[part] <= total).all()
        and (table[part] >= start).all()
        and (table[part].astype(np.int64) + length <= total).all()
        for part, length in lengths.items()
    )
    if not rising or not inside:
        raise PackError("damaged", "A slice lies outside the slice pack.")


def decode_info(data: bytes, *, version: int = VERSION) -> PackInfo:
    """The JSON header, checked field by field: the file may come from anywhere."""
    try:
        raw = json.loads(data)
        if version == 1:
            raw["head"] = raw["levels"] - 1
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
        head=_int(raw["head"]),
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
        and 0 <= info.head < info.levels
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
