"""The MetaImage writer: one valid zlib stream, complete or not there at all."""

from __future__ import annotations

import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.images.conversion.metaimage import MetaImageHeader, combine_adler32, write_metaimage
from tests.images.conversion.conftest import sitk


def _header(size: tuple[int, ...], dtype: Any = np.int16) -> MetaImageHeader:
    count = len(size)
    axes = tuple(tuple(float(a == b) for b in range(count)) for a in range(count))
    return MetaImageHeader(
        size=size, spacing=(0.5,) * count, origin=(1.0,) * count, axes=axes, dtype=np.dtype(dtype)
    )


@given(first=st.binary(max_size=400), second=st.binary(max_size=70000))
def test_checksums_of_parts_make_that_of_the_whole(first: bytes, second: bytes) -> None:
    combined = combine_adler32(zlib.adler32(first), zlib.adler32(second), len(second))
    assert combined == zlib.adler32(first + second)


@pytest.mark.parametrize("shape", [(3, 4, 5), (40, 30, 20), (2, 900, 700), (1, 2000, 1500)])
@pytest.mark.parametrize("dtype", ["int16", "uint8", "float64"])
def test_the_stream_is_one_zlib_stream(
    shape: tuple[int, int, int], dtype: str, tmp_path: Path
) -> None:
    values = np.random.default_rng(1).integers(0, 200, size=shape).astype(dtype)
    path = tmp_path / "a.mha"
    write_metaimage(path, header=_header(shape[::-1], dtype), blocks=values)
    head, _, stream = path.read_bytes().partition(b"ElementDataFile = LOCAL\n")
    assert zlib.decompress(stream) == values.tobytes()
    (line,) = (line for line in head.split(b"\n") if line.startswith(b"CompressedDataSize"))
    assert int(line.split(b"=")[1]) == len(stream)
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayViewFromImage(image), values)
    assert image.GetSpacing() == (0.5, 0.5, 0.5)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def blocks() -> Iterator[np.ndarray]:
        yield np.zeros((4, 5), np.int16)
        raise RuntimeError("the second slice is damaged")

    with pytest.raises(RuntimeError, match="damaged"):
        write_metaimage(tmp_path / "a.mha", header=_header((5, 4, 2)), blocks=blocks())
    assert list(tmp_path.iterdir()) == []


def test_too_few_pixels_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="announced"):
        write_metaimage(
            tmp_path / "a.mha", header=_header((5, 4, 2)), blocks=[np.zeros((4, 5), np.int16)]
        )
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    plane = np.random.default_rng(1).integers(0, 4000, size=(512, 512)).astype(np.int16)
    tracemalloc.start()
    write_metaimage(
        tmp_path / "a.mha", header=_header((512, 512, 100)), blocks=(plane for _ in range(100))
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * plane.nbytes
