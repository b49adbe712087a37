"""Read the directories of a TIFF file (TIFF 6.0, BigTIFF), also those of EXIF; no pixels."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
          16: 8, 17: 8, 18: 8}  # fmt: skip
_FORMATS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I",
            16: "Q", 17: "q", 18: "Q"}  # fmt: skip
_MAX_ENTRIES = 512
_MAX_VALUES = 1 << 20
ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
_MM = {2: 25.4, 3: 10.0}
"""An inch and a centimeter; a file without a unit states no length."""

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Numbers and texts of one directory, by tag."""

    values: dict[int, Values]
    texts: dict[int, str]

    def number(self, tag: int, default: int) -> int:
        """Return the first number of a tag."""
        found = self.values.get(tag)
        return int(found[0]) if found else default

    @property
    def orientation(self) -> int:
        """How the picture is to be turned, 1 to 8; 1 when it does not say."""
        value = self.number(ORIENTATION, 1)
        return value if 1 <= value <= 8 else 1

    @property
    def spacing(self) -> tuple[float, float] | None:
        """Millimeters per pixel along x and y, if the directory states them with a unit."""
        unit = _MM.get(self.number(RESOLUTION_UNIT, 1))
        x, y = (self.values.get(tag, (0.0,))[0] for tag in (X_RESOLUTION, Y_RESOLUTION))
        return (unit / x, unit / y) if unit and x > 0 and y > 0 else None


def read_directories(file: BinaryIO, *, limit: int) -> list[Directory]:
    """Return the chain of directories. Raises ValueError for what is no sound TIFF.

    At most `limit` are read; one more than that is a ValueError too.
    """
    start = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None:
        raise ValueError("byte order")
    try:
        return list(_chain(file, start, order, limit))
    except (struct.error, OverflowError, OSError) as error:
        raise ValueError("directory") from error


def exif_directory(data: bytes) -> Directory | None:
    """Return the first directory of EXIF data, or nothing where there is none to be read."""
    try:
        return read_directories(io.BytesIO(data), limit=2)[0]
    except (ValueError, IndexError):
        return None


def _chain(file: BinaryIO, start: bytes, order: str, limit: int) -> Iterator[Directory]:
    (version,) = struct.unpack_from(order + "H", start, 2)
    big = version == 43
    if version not in (42, 43):
        raise ValueError("version")
    (offset,) = struct.unpack_from(order + ("Q" if big else "I"), start, 8 if big else 4)
    seen: set[int] = set()
    while offset:
        if offset in seen or len(seen) >= limit:
            raise ValueError("directories")
        seen.add(offset)
        file.seek(offset)
        directory, offset = _directory(file, order, big)
        yield directory


def _directory(file: BinaryIO, order: str, big: bool) -> tuple[Directory, int]:
    wide = "Q" if big else "I"
    (count,) = _unpack(file, order + ("Q" if big else "H"))
    if count > _MAX_ENTRIES:
        raise ValueError("entries")
    entry = struct.Struct(order + "HH" + wide)
    size = entry.size + (8 if big else 4)
    raw = file.read(count * size)
    (following,) = _unpack(file, order + wide)
    found = Directory({}, {})
    for position in range(0, count * size, size):
        tag, kind, length = entry.unpack_from(raw, position)
        field = raw[position + entry.size : position + size]
        data = _data(file, field, order + wide, length * _SIZES.get(kind, 0), length)
        if data is not None:
            _keep(found, tag, kind, data, order)
    return found, following


def _data(file: BinaryIO, field: bytes, offset: str, size: int, length: int) -> bytes | None:
    if not size > 0 or length > _MAX_VALUES:
        return None
    if size <= len(field):
        return field[:size]
    file.seek(struct.unpack(offset, field)[0])
    data = file.read(size)
    return data if len(data) == size else None


def _keep(found: Directory, tag: int, kind: int, data: bytes, order: str) -> None:
    if kind == 2:
        found.texts[tag] = data.rstrip(b"\0").decode("latin-1")
    elif kind in (5, 10):
        numbers = struct.unpack(f"{order}{len(data) // 4}{'I' if kind == 5 else 'i'}", data)
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        found.values[tag] = tuple(top / bottom if bottom else 0.0 for top, bottom in pairs)
    elif kind in _FORMATS:
        count = len(data) // _SIZES[kind]
        found.values[tag] = struct.unpack(f"{order}{count}{_FORMATS[kind]}", data)


def _unpack(file: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
