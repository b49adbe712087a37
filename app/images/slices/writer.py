"""Writes a slice pack from a MetaImage file.

Memory stays bounded by a few slices: the file is read slice by slice, at most `_AHEAD` slices
wait for the two encoders, and encoded slices go straight to the file. The pack appears under its
name only when it is complete; whoever stores it for good writes it through to the disk.
"""

import shutil
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.images.slices.codestream import CodecRefusedError, encode_slice, levels_of
from app.images.slices.errors import PackError
from app.images.slices.format import (
    HTJ2K_TYPES,
    Codec,
    PackInfo,
    Window,
    encode_header,
    encode_index,
    index_size,
    preview_level,
    table_row,
)
from app.images.slices.metaimage import MetaImageHeader, iter_slices, read_header

_WORKERS = 2
_AHEAD = 4
_SAMPLES = 1 << 18
_HEADER_SLACK = 160
_HEADS = 16 << 20
_COPY = 1 << 20
_PERCENTILES = (0.5, 99.5)
_EXACT_IN_FLOAT64 = 2**53
_WIDE = frozenset({"int32", "uint32", "int64", "uint64"})
_UNKNOWN = Window(center=0.0, width=1.0)


@dataclass(frozen=True, slots=True)
class _Encoded:
    data: bytes
    cuts: tuple[int, ...]
    sums: tuple[int, int]
    low: float
    high: float
    sample: NDArray[np.generic]


def write_pack(mha: Path, pack: Path) -> PackInfo:
    """Write the slice pack of `mha` to `pack` and return what it holds.

    Raises `PackError` (nothing is left behind) when the file is not a MetaImage that can be
    shown, or is cut short.
    """
    header = read_header(mha)
    low, high = _integer_range(mha, header) if needs_range(header) else (0, 0)
    type_name = stored_type(header, low=low, high=high)
    try:
        return _write(mha, pack, plan_of(header, type_name), header)
    except CodecRefusedError:
        return _write(mha, pack, plan_of(header, type_name, "deflate"), header)


def plan_of(header: MetaImageHeader, type_name: str, codec: Codec | None = None) -> PackInfo:
    """What a pack of pixels of this type will hold; window and range are found on the way."""
    codec = codec or ("htj2k" if _fits_htj2k(type_name, header.components) else "deflate")
    levels = levels_of(codec)
    return PackInfo(
        size=header.size,
        timepoints=header.timepoints,
        spacing=header.spacing,
        origin=header.origin,
        direction=header.direction,
        type=type_name,
        source_type=header.type,
        components=header.components,
        codec=codec,
        levels=levels,
        head=preview_level(header.size, levels),
        window=_UNKNOWN,
        range=(0.0, 1.0),
    )


def _fits_htj2k(type_name: str, components: int) -> bool:
    return type_name in HTJ2K_TYPES and (
        components == 1 or (components == 3 and type_name == "uint8")
    )


def needs_range(header: MetaImageHeader) -> bool:
    """Whether the stored type depends on the values."""
    return header.type in _WIDE


def stored_type(header: MetaImageHeader, *, low: int = 0, high: int = 0) -> str:
    """The type the pixels are stored in, given the smallest and largest where they matter:

    the narrowest that holds every value and that a browser can decode.
    """
    if header.type == "int8":
        return "int16"
    if header.type not in _WIDE:
        return header.type
    for name in ("int16", "uint16", "int32", "uint32"):
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            return name
    if max(-low, high) <= _EXACT_IN_FLOAT64:
        return "float64"
    raise PackError(
        "unsupported",
        "The image holds whole numbers beyond 2^53, which no browser can show exactly.",
    )


def _integer_range(mha: Path, header: MetaImageHeader) -> tuple[int, int]:
    ranges = [(int(a.min()), int(a.max())) for a in iter_slices(mha, header)]
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _write(mha: Path, pack: Path, plan: PackInfo, header: MetaImageHeader) -> PackInfo:
    """Write the tails as they come, then the heads, which wait in a file of their own."""
    header_length = len(encode_header(plan)) + _HEADER_SLACK
    offset = index_size(header_length, plan.slices, plan.levels)
    table = np.zeros(plan.slices, table_row(plan.levels))
    lows, highs, samples = [], [], []
    with _atomic(pack) as file, SpooledTemporaryFile(_HEADS, dir=pack.parent) as heads:
        file.seek(offset)
        for number, encoded in enumerate(_encode_all(mha, header, plan)):
            middle = encoded.cuts[plan.head]
            heads.write(encoded.data[:middle])
            file.write(encoded.data[middle:])
            table[number] = (0, offset, encoded.cuts, *encoded.sums)
            offset += len(encoded.data) - middle
            lows.append(encoded.low)
            highs.append(encoded.high)
            samples.append(encoded.sample)
        lengths = table["cuts"][:, plan.head].astype(np.uint64)
        table["head"] = offset + np.cumsum(lengths) - lengths
        heads.seek(0)
        shutil.copyfileobj(heads, file, _COPY)
        value_range = (float(np.nanmin([*lows, np.inf])), float(np.nanmax([*highs, -np.inf])))
        info = _described(plan, value_range, np.concatenate(samples))
        file.seek(0)
        file.write(encode_index(info, table, header_length=header_length))
    return info


def _described(
    plan: PackInfo, value_range: tuple[float, float], sample: NDArray[np.generic]
) -> PackInfo:
    """The plan with value range and default window filled in.

    An image without one finite value gets 0 to 1.
    """
    low, high = value_range
    if low > high or not sample.size:
        low, high = (low, high) if low <= high else (0.0, 1.0)
        return replace(
            plan, range=(low, high), window=Window((low + high) / 2, max(high - low, 1.0))
        )
    if plan.components > 1:
        black, white = (0.0, 255.0) if plan.type == "uint8" else (low, high)
    else:
        black, white = (float(v) for v in np.percentile(sample.astype(np.float64), _PERCENTILES))
    width = white - black
    if not width > 0:
        black, width = black - 0.5, 1.0
    return replace(plan, range=(low, high), window=Window(black + width / 2, width))


def _encode_all(mha: Path, header: MetaImageHeader, plan: PackInfo) -> Iterator[_Encoded]:
    """Encoded slices in order;

    two threads encode (the codec releases the interpreter's lock) while this one reads.
    """
    step = max(1, plan.size[0] * plan.size[1] * plan.components * plan.slices // _SAMPLES)
    waiting: deque[Future[_Encoded]] = deque()
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="slices") as pool:
        try:
            for array in iter_slices(mha, header):
                waiting.append(pool.submit(_encode_one, array, plan, step))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _encode_one(array: NDArray[np.generic], plan: PackInfo, step: int) -> _Encoded:
    stored = array.astype(plan.type, copy=False)
    data, cuts = encode_slice(stored, plan.codec)
    values = stored
    if stored.dtype.kind == "f":
        values = stored[np.isfinite(stored)]
    low, high = (float(values.min()), float(values.max())) if values.size else (np.nan, np.nan)
    sample = values.reshape(-1)[::step].copy()
    view, middle = memoryview(data), cuts[plan.head]
    sums = (isal_zlib.crc32(view[:middle]), isal_zlib.crc32(view[middle:]))
    return _Encoded(data, cuts, sums, low, high, sample)


@contextmanager
def _atomic(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only once it is whole; otherwise it vanishes."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
