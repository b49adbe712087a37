"""Find out whether a compressed file holds as many bytes as its header says.

ITK fills what is missing from a truncated gzip stream with whatever was in memory, without an
error, so the stream is run through once before it is read.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from isal import igzip_lib, isal_zlib

_BLOCK = 1 << 20
_ANY_HEADER = 47
"""zlib's window bits for "gzip or zlib, whichever it is"."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A compressed stream from `start` of a file; the first `skip` bytes that come out are no
    pixels, and `length` is how long the header says the stream is, which ITK believes.
    """

    path: Path
    start: int = 0
    skip: int = 0
    length: int | None = None

    def holds(self, wanted: int) -> bool:
        """Tell whether at least `wanted` bytes of pixels come out of an undamaged stream."""
        missing = wanted + self.skip
        stream = isal_zlib.decompressobj(_ANY_HEADER)
        with self.path.open("rb") as file:
            file.seek(self.start)
            left = self.length if self.length is not None else self.path.stat().st_size
            data = file.read(min(_BLOCK, left))
            left -= len(data)
            try:
                while missing > 0 and data:
                    missing -= len(stream.decompress(data, _BLOCK))
                    data = stream.unconsumed_tail
                    if stream.eof:
                        data = stream.unused_data
                        stream = isal_zlib.decompressobj(_ANY_HEADER)
                    if not data:
                        data = file.read(min(_BLOCK, left))
                        left -= len(data)
            except (zlib.error, igzip_lib.IsalError):  # type: ignore[misc]
                return False
        return missing <= 0
