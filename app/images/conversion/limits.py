"""How much one conversion may take; checked before memory or disk is used."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one conversion run. Sizes in bytes, times in seconds.

    `frame_bytes` bounds what one slice or picture may take in memory; `image_bytes` the pixels of
    one image, which are streamed; `deflated_bytes` a deflated DICOM file, which is unpacked whole.
    The last block bounds the child process itself.
    """

    header_bytes: int = 64 * MIB
    frame_bytes: int = 512 * MIB
    image_bytes: int = 16 * GIB
    deflated_bytes: int = 1 * GIB
    frames: int = 200_000
    files: int = 200_000

    archive_entries: int = 200_000
    archive_bytes: int = 64 * GIB
    archive_entry_bytes: int = 16 * GIB
    archive_ratio: int = 300
    archive_ratio_floor: int = 128 * MIB
    archive_depth: int = 2

    address_space: int = 6 * GIB
    cpu_seconds: int = 3600
    output_file_bytes: int = 20 * GIB
    wall_seconds: float = 3600.0
    restarts: int = 8
