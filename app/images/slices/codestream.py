"""One slice to bytes and back, with the cut points of every resolution.

HTJ2K (ISO/IEC 15444-15) is written with one tile-part per resolution, so a prefix of the
codestream that ends with a tile-part is the exact picture at that resolution. Why some types
take `deflate` instead: docs/adr/0002-slice-pack-codecs.md.
"""

import struct
from typing import cast

import imagecodecs
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.images.slices.errors import InflateError, PackError
from app.images.slices.format import Codec, PackInfo

LEVELS = 6
_BY_RESOLUTION = 1
_DEFLATE_LEVEL = 2
_SOC, _SIZ, _SOT = 0xFF4F, 0xFF51, 0xFF90
_SIZ_LAYOUT = struct.Struct(">HHHH8IH")
_SOT_LAYOUT = struct.Struct(">HHHIBB")


class CodecRefusedError(Exception):
    """HTJ2K cannot hold this slice exactly; the pack is written with `deflate` instead."""


def levels_of(codec: Codec) -> int:
    """Resolutions a slice of this codec has."""
    return LEVELS if codec == "htj2k" else 1


def encode_slice(array: NDArray[np.generic], codec: Codec) -> tuple[bytes, tuple[int, ...]]:
    """Bytes and cut points of a slice of shape (y, x) or (y, x, components).

    An HTJ2K slice is decoded again and compared before it is believed: a pack never shows other
    values than its image.
    """
    if codec == "deflate":
        data = bytes(isal_zlib.compress(np.ascontiguousarray(array).tobytes(), _DEFLATE_LEVEL))
        return data, (len(data),)
    try:
        encoded = bytes(
            imagecodecs.htj2k_encode(
                array, reversible=True, tilepart=_BY_RESOLUTION, resolutions=LEVELS - 1
            )
        )
        exact = _same(imagecodecs.htj2k_decode(encoded), array)
    except (imagecodecs.Htj2kError, ValueError) as error:
        raise CodecRefusedError(str(error)) from error
    if not exact:
        raise CodecRefusedError("not reversible")
    return encoded, cut_points(encoded)


def _same(one: NDArray[np.generic], other: NDArray[np.generic]) -> bool:
    """Whether two slices of whole numbers are equal: eight bytes at a time where possible."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.nbytes % 8 or not (one.flags.c_contiguous and other.flags.c_contiguous):
        return np.array_equal(one, other)
    return np.array_equal(one.reshape(-1).view(np.uint64), other.reshape(-1).view(np.uint64))


def decode_slice(data: bytes, info: PackInfo, level: int) -> NDArray[np.generic]:
    """The picture at `level` from the bytes up to that level's cut point.

    Raises `PackError` for damaged bytes.
    """
    width, height = info.level_sizes[level]
    shape = (height, width) if info.components == 1 else (height, width, info.components)
    try:
        if info.codec == "deflate":
            array = _inflate(data, info).reshape(shape)
        else:
            _check_size(data, info)
            array = imagecodecs.htj2k_decode(data, skipres=info.levels - 1 - level)
    except (imagecodecs.Htj2kError, ValueError) as error:
        raise PackError("damaged", "A slice of the pack cannot be decoded.") from error
    if array.shape != shape or array.dtype != np.dtype(info.type):
        raise PackError(
            "damaged", "A slice of the pack has another size or type than its header says."
        )
    return cast("NDArray[np.generic]", array)


def _check_size(data: bytes, info: PackInfo) -> None:
    """Raise unless the codestream's SIZ segment (15444-1, A.5.1) says what the pack says:

    it decides how much memory is taken.
    """
    if len(data) < _SIZ_LAYOUT.size:
        raise ValueError("too short")
    start, marker, _, _, *numbers, components = _SIZ_LAYOUT.unpack_from(data)
    width, height, _ = info.size
    image = [width, height, 0, 0, width, height, 0, 0]
    if (start, marker) != (_SOC, _SIZ) or numbers != image or components != info.components:
        raise ValueError("another size")


def _inflate(data: bytes, info: PackInfo) -> NDArray[np.generic]:
    inflater = isal_zlib.decompressobj()
    try:
        pixels = inflater.decompress(data, info.slice_bytes + 1)
    except InflateError as error:
        raise ValueError("damaged") from error
    if len(pixels) != info.slice_bytes:
        raise ValueError("wrong size")
    return np.frombuffer(pixels, np.dtype(info.type).newbyteorder("<"))


def cut_points(codestream: bytes) -> tuple[int, ...]:
    """Where each resolution's tile-part ends; the last one includes the end marker."""
    position = _first_tile_part(codestream)
    cuts = []
    while position + _SOT_LAYOUT.size <= len(codestream):
        marker, _, _, length, _, _ = _SOT_LAYOUT.unpack_from(codestream, position)
        if marker != _SOT or length < _SOT_LAYOUT.size:
            break
        position += length
        cuts.append(position)
    if len(cuts) != LEVELS or position + 2 != len(codestream):
        raise CodecRefusedError("the encoder did not write one tile-part per resolution")
    return (*cuts[:-1], len(codestream))


def _first_tile_part(codestream: bytes) -> int:
    """Offset of the first SOT marker:

    main header segments are skipped by their lengths (15444-1, A.1).
    """
    position = 2
    while position + 4 <= len(codestream):
        marker, length = struct.unpack_from(">HH", codestream, position)
        if marker == _SOT:
            return position
        position += 2 + length
    raise CodecRefusedError("the encoder wrote no tile-part")
