"""Any slice of a MetaImage in any order, whoever wrote the file."""

import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.images.conversion.metaimage import MetaImageHeader as OurHeader
from app.images.conversion.metaimage import write_metaimage
from app.images.slices import LocalFile, PackError
from app.images.slices.metaimage import MetaImageHeader, read_header
from app.images.slices.pixels import SliceAccess, _Chunks, _NotOursError
from tests.images.slices.conftest import WriteMha

Array = np.ndarray[Any, np.dtype[Any]]
RNG = np.random.default_rng(20261127)
AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def picture(*shape: int, dtype: str = "int16") -> Array:
    """Smooth values with some noise: they compress like a picture."""
    values = 900 * np.sin(np.arange(np.prod(shape)) / 97).reshape(shape)
    return np.asarray(values + RNG.normal(0, 20, shape)).astype(dtype)


def write_ours(path: Path, array: Array) -> Path:
    """Write a file the way the importer does."""
    header = OurHeader(array.shape[::-1], (1.0,) * 3, (0.0,) * 3, AXES, array.dtype)
    write_metaimage(path, header=header, blocks=list(array))
    return path


class Counted(LocalFile):
    """Counts the bytes that are read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.count = 0

    def read(self, offset: int, length: int) -> bytes:
        self.count += length
        return super().read(offset, length)


def opened(path: Path) -> tuple[SliceAccess, Counted, MetaImageHeader]:
    header, file = read_header(path), Counted(path)
    return SliceAccess(file, header), file, header


@pytest.mark.parametrize(
    "shape", [(20, 64, 48), (7, 512, 512), (3, 1100, 1000), (1, 30, 30), (41, 300, 300)]
)
def test_our_own_files_are_read_by_chunks(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    array = picture(*shape)
    access, _, header = opened(write_ours(tmp_path / "a.mha", array))
    for index in RNG.permutation(shape[0]).tolist():
        np.testing.assert_array_equal(access.slice(index), array[index])
    _Chunks(LocalFile(tmp_path / "a.mha"), header).read(0, header.slice_bytes)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("dtype", ["int16", "uint8", "float32"])
def test_other_files_are_read_too(write_mha: WriteMha, compress: bool, dtype: str) -> None:
    array = picture(12, 300, 280, dtype=dtype)
    path = write_mha(array, compress=compress)
    access, _, header = opened(path)
    for index in RNG.permutation(12).tolist():
        np.testing.assert_array_equal(access.slice(index), array[index])
    if compress:
        with pytest.raises(_NotOursError):
            _Chunks(LocalFile(path), header).read(0, header.slice_bytes)


def test_colors_and_time_points(write_mha: WriteMha) -> None:
    colors = RNG.integers(0, 256, (3, 20, 30, 3), dtype=np.uint8)
    access, _, _ = opened(write_mha(colors, vector=True, name="colors.mha"))
    np.testing.assert_array_equal(access.slice(2), colors[2])
    moments = RNG.integers(-9, 9, (3, 4, 12, 10)).astype(np.int16)
    access, _, _ = opened(write_mha(moments, name="moments.mha"))
    np.testing.assert_array_equal(access.slice(2 * 4 + 1), moments[2, 1])


def test_a_stream_with_marks_of_its_own_is_read_as_any_other(tmp_path: Path) -> None:
    """Sync flushes in other places than ours, so that the marks mislead."""
    array = picture(6, 300, 300)
    path = write_ours(tmp_path / "a.mha", array)
    header = read_header(path)
    stream = zlib.compressobj()
    data = array.tobytes()
    body = b"".join(
        stream.compress(data[at : at + 100_000]) + stream.flush(zlib.Z_SYNC_FLUSH)
        for at in range(0, len(data), 100_000)
    )
    path.write_bytes(path.read_bytes()[: header.data_offset] + body + stream.flush())
    access, _, _ = opened(path)
    for index in (5, 0, 3):
        np.testing.assert_array_equal(access.slice(index), array[index])


def test_a_middle_slice_needs_no_inflating_of_those_before(tmp_path: Path) -> None:
    array = picture(60, 512, 512)
    access, file, header = opened(write_ours(tmp_path / "a.mha", array))
    access.slice(30)
    once = file.count
    access.slice(29)
    assert file.count - once < 2 * header.slice_bytes


def test_going_back_in_another_file_starts_from_a_kept_place(
    write_mha: WriteMha, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.images.slices.pixels._POINT_BYTES", 1 << 19)
    monkeypatch.setattr("app.images.slices.pixels._READ", 1 << 16)
    array = picture(40, 256, 256)
    access, file, _ = opened(write_mha(array))
    access.slice(39)
    whole, file.count = file.count, 0
    np.testing.assert_array_equal(access.slice(20), array[20])
    assert file.count < whole / 4


def test_many_threads_read_at_once(write_mha: WriteMha, tmp_path: Path) -> None:
    array = picture(24, 200, 200)
    for path in (write_mha(array), write_ours(tmp_path / "ours.mha", array)):
        access, _, _ = opened(path)
        barrier = threading.Barrier(4)

        def read(index: int, access: SliceAccess = access, gate: Any = barrier) -> Array:
            if index < 4:
                gate.wait(10)
            return np.asarray(access.slice(index))

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(read, range(24)))
        np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("compress", [True, False])
def test_missing_pixels_are_noticed(write_mha: WriteMha, compress: bool) -> None:
    path = write_mha(picture(4, 50, 50), compress=compress)
    path.write_bytes(path.read_bytes()[:-200])
    access, _, _ = opened(path)
    access.slice(0)
    with pytest.raises(PackError) as caught:
        access.slice(3)
    assert caught.value.reason == "truncated"


def test_damaged_pixels_are_noticed(write_mha: WriteMha) -> None:
    path = write_mha(picture(4, 50, 50))
    data = bytearray(path.read_bytes())
    start = read_header(path).data_offset
    data[start : start + 2000] = bytes(2000)
    path.write_bytes(data)
    access, _, _ = opened(path)
    with pytest.raises(PackError) as caught:
        access.slice(1)
    assert caught.value.reason == "damaged"


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_order_of_any_small_file(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 400), st.integers(1, 400)))
    array = picture(*shape)
    path = write_ours(tmp_path_factory.getbasetemp() / "any.mha", array)
    access, _, _ = opened(path)
    for index in data.draw(st.lists(st.integers(0, shape[0] - 1), max_size=6)):
        np.testing.assert_array_equal(access.slice(index), array[index])
