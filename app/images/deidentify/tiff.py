"""TIFF by its directories (TIFF 6.0, section 2): a new file with the tags that pixels need."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.jpeg import stripped_jpeg
from app.images.deidentify.report import Report

_KEPT: Final = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 266, 274, 277, 278, 280, 281, 282, 283, 284, 292, 293}
    | {296, 317, 318, 319, 320, 322, 323, 332, 334, 338, 339, 340, 341, 347, 529, 530, 531, 532}
)
_STRIPS: Final = (273, 279)
_TILES: Final = (324, 325)
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8}
_COMPRESSION, _JPEG_TABLES, _DESCRIPTION = 259, 347, 270
_OLD_JPEG, _JPEG = 6, 7
_TEXT: Final = 2
_MOST_PAGES: Final = 10_000
_MOST_BLOCKS: Final = 4_000_000
_NAMES: Final = {
    270: "ImageDescription",
    271: "Make",
    272: "Model",
    285: "PageName",
    305: "Software",
    306: "DateTime",
    315: "Artist",
    316: "HostComputer",
    700: "XMP",
    33432: "Copyright",
    33723: "IPTC",
    34665: "Exif",
    34675: "color profile",
    34853: "GPS",
    330: "SubIFDs",
}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A tag with its type, number of values and stored bytes."""

    kind: int
    count: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Layout:
    """Byte order, and how offsets and counts are written: TIFF 6.0 or BigTIFF."""

    order: str
    offset: str
    count: str
    room: int

    @property
    def entry(self) -> int:
        """Bytes of a directory entry."""
        return 4 + 2 * self.room


def _layout(data: bytes) -> _Layout:
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] in (b"+\0", b"\0+"):
        return _Layout(order, "Q", "Q", 8)
    return _Layout(order, "I", "H", 4)


class _Reader:
    """Reads directories of one file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.layout = _layout(data)
        self.order = self.layout.order

    def unpack(self, layout: str, position: int) -> tuple[int, ...]:
        """Read numbers at a position."""
        try:
            return struct.unpack_from(self.order + layout, self.data, position)
        except struct.error as error:
            raise _damaged() from error

    def directory(self, position: int) -> tuple[dict[int, _Entry], int]:
        """Return the entries of a directory and where the next one is."""
        form = self.layout
        (count,) = self.unpack(form.count, position)
        first = position + struct.calcsize(f"={form.count}")
        entries = {}
        for index in range(count):
            at = first + form.entry * index
            tag, kind, number, offset = self.unpack(f"HH{form.offset}{form.offset}", at)
            size = _SIZES.get(kind, 1) * number
            start = at + 4 + form.room if size <= form.room else offset
            if start + size > len(self.data):
                raise _damaged()
            entries[tag] = _Entry(kind, number, self.data[start : start + size])
        return entries, self.unpack(form.offset, first + form.entry * count)[0]

    def numbers(self, entry: _Entry) -> tuple[int, ...]:
        """Return the whole numbers of an entry."""
        layout = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(entry.kind)
        if layout is None or entry.count > _MOST_BLOCKS:
            raise _damaged()
        return struct.unpack(f"{self.order}{entry.count}{layout}", entry.data)


def stripped_tiff(data: bytes, report: Report) -> bytes:
    """Return the TIFF without descriptions, dates, names, previews and private tags.

    All pages stay. Whole slides are refused, since their label and overview pictures show names.
    """
    reader = _Reader(data)
    room = reader.layout.room
    new = bytearray(data[:room] + bytes(room))
    link = len(new) - room
    seen: set[int] = set()
    (position,) = reader.unpack(reader.layout.offset, link)
    while position:
        if position in seen or len(seen) >= _MOST_PAGES:
            raise _damaged()
        seen.add(position)
        entries, position = reader.directory(position)
        link = _write_page(new, reader, entries, link, report)
    if not seen:
        raise _damaged()
    return bytes(new)


def _write_page(
    new: bytearray, reader: _Reader, entries: dict[int, _Entry], link: int, report: Report
) -> int:
    """Append pixels and directory of a page; return where the link to the next page is."""
    description = entries.get(_DESCRIPTION)
    if description is not None and description.data[:6] == b"Aperio":
        raise DeidentificationError("UnsupportedFormat", "Whole slides are imported another way.")
    compression = reader.numbers(entries[_COMPRESSION])[0] if _COMPRESSION in entries else 1
    if compression == _OLD_JPEG:
        raise DeidentificationError(
            "UnsupportedFormat", "JPEG in the old form of TIFF is not read."
        )
    kept = {tag: entry for tag, entry in entries.items() if _is_kept(tag, entry)}
    for tag in entries.keys() - kept.keys() - {*_STRIPS, *_TILES}:
        report.add(_NAMES.get(tag, f"tag {tag}"), "removed", "metadata")
    if _JPEG_TABLES in kept:
        tables = stripped_jpeg(kept[_JPEG_TABLES].data, Report())
        kept[_JPEG_TABLES] = _Entry(7, len(tables), tables)
    kept |= _copied_blocks(new, reader, entries, is_jpeg=compression == _JPEG)
    return _write_directory(new, reader.layout, kept, link)


def _is_kept(tag: int, entry: _Entry) -> bool:
    return tag in _KEPT and entry.kind in _SIZES and entry.kind != _TEXT


def _copied_blocks(
    new: bytearray, reader: _Reader, entries: dict[int, _Entry], *, is_jpeg: bool
) -> dict[int, _Entry]:
    """Copy strips or tiles and return the tags that say where they are now."""
    offsets_tag, counts_tag = _TILES if _TILES[0] in entries else _STRIPS
    try:
        offsets = reader.numbers(entries[offsets_tag])
        counts = reader.numbers(entries[counts_tag])
    except KeyError as error:
        raise _damaged() from error
    if len(offsets) != len(counts):
        raise _damaged()
    starts, lengths = [], []
    for offset, count in zip(offsets, counts, strict=True):
        block = reader.data[offset : offset + count]
        if len(block) != count:
            raise _damaged()
        if is_jpeg and block:
            block = stripped_jpeg(block, Report())
        starts.append(len(new))
        lengths.append(len(block))
        new += block + bytes(len(block) % 2)
        if len(new) > 2 * len(reader.data) + (1 << 20):
            raise _damaged()  # blocks that lie over each other
    kind = 4 if reader.layout.room == 4 else 16
    layout = f"{reader.order}{len(starts)}{reader.layout.offset}"
    return {
        offsets_tag: _Entry(kind, len(starts), struct.pack(layout, *starts)),
        counts_tag: _Entry(kind, len(lengths), struct.pack(layout, *lengths)),
    }


def _write_directory(new: bytearray, form: _Layout, entries: dict[int, _Entry], link: int) -> int:
    order, fields = form.order, []
    for tag, entry in sorted(entries.items()):
        stored = entry.data
        if len(stored) > form.room:
            new += bytes(len(new) % 2)
            position = len(new)
            new += stored
            stored = struct.pack(f"{order}{form.offset}", position)
        head = struct.pack(f"{order}HH{form.offset}", tag, entry.kind, entry.count)
        fields.append(head + stored.ljust(form.room, b"\0"))
    new += bytes(len(new) % 2)
    struct.pack_into(f"{order}{form.offset}", new, link, len(new))
    new += struct.pack(f"{order}{form.count}", len(fields)) + b"".join(fields)
    new += bytes(form.room)
    return len(new) - form.room


def _damaged() -> DeidentificationError:
    return DeidentificationError("Unreadable", "The TIFF is damaged or ends early.")
