"""Read the pixels of a file block by block, plain or unpacked, however large the file is."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from isal import igzip_lib, isal_zlib

from app.images.conversion.non_dicom.claim import Claim

BLOCK_BYTES = 4 << 20
_READ_BYTES = 1 << 18
_ANY_HEADER = 47
"""zlib's window bits for "gzip or zlib, whichever it is"."""
_DAMAGED = (zlib.error, igzip_lib.IsalError, isal_zlib.error)

Array = np.ndarray[Any, np.dtype[Any]]


class PixelStream:
    """The stored values of a claim, in the order of the file.

    `trailing` tells after a whole pass whether there were more bytes than the pixels take.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self.trailing = False

    def blocks(self) -> Iterator[Array]:
        """Yield flat arrays of whole pixels. Raises TruncatedPixelData or DecodeFailed."""
        claim = self._claim
        pixel = claim.dtype.itemsize * claim.components
        size = max(BLOCK_BYTES // pixel, 1) * pixel
        with claim.pixels.path.open("rb") as file:
            file.seek(claim.pixels.start)
            pieces = self._unpacked(file) if claim.pixels.packed else self._plain(file)
            for block in _regrouped(pieces, size=size):
                yield np.frombuffer(block, claim.dtype)

    def _plain(self, file: BinaryIO) -> Iterator[bytes]:
        missing = self._claim.pixel_bytes
        while missing:
            data = file.read(min(BLOCK_BYTES, missing))
            if not data:
                raise self._truncated()
            missing -= len(data)
            yield data

    def _unpacked(self, file: BinaryIO) -> Iterator[bytes]:
        """Unpack to the end of the stream, whose checksum stands there, but never far past it."""
        skip, missing = self._claim.pixels.skip, self._claim.pixel_bytes
        try:
            for data in _inflated(file, length=self._claim.pixels.length):
                skipped = min(skip, len(data))
                skip -= skipped
                piece = data[skipped : skipped + missing]
                missing -= len(piece)
                if piece:
                    yield piece
                if len(data) > skipped + len(piece):
                    self.trailing = True
                    return
        except _DAMAGED as error:  # type: ignore[misc]
            raise self._claim.error("DecodeFailed", "The compressed pixels are damaged.") from error
        if missing:
            raise self._truncated()

    def _truncated(self) -> Exception:
        return self._claim.error("TruncatedPixelData", "The pixels end early.")


def _inflated(file: BinaryIO, *, length: int | None) -> Iterator[bytes]:
    """Yield what comes out of all members of a gzip or zlib stream."""
    left = length if length is not None else None
    stream, data = isal_zlib.decompressobj(_ANY_HEADER), b""
    while True:
        if not data:
            data = file.read(_READ_BYTES if left is None else min(_READ_BYTES, left))
            left = None if left is None else left - len(data)
            if not data:
                return
        out = stream.decompress(data, BLOCK_BYTES)
        data = stream.unconsumed_tail
        if out:
            yield out
        if stream.eof:
            data = stream.unused_data.lstrip(b"\0")
            if data[:1] not in (b"", b"\x1f"):
                return
            stream = isal_zlib.decompressobj(_ANY_HEADER)


def _regrouped(pieces: Iterator[bytes], *, size: int) -> Iterator[bytes]:
    """Cut and join pieces to blocks of `size` bytes; the last may be shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
