"""A pack gives back exactly the pixels and the geometry of its MetaImage."""

import tracemalloc
from itertools import pairwise
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.images.slices import NO_LEVEL, LocalFile, PackError, PackInfo, PackReader, write_pack
from tests.images.slices.conftest import WriteMha

RNG = np.random.default_rng(20261121)
HALF = np.sqrt(0.5)


def full_range(dtype: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
    """Noise that uses every bit of the type; floats also hold NaN and infinities."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        array = RNG.normal(0, 1e6, shape).astype(kind)
        array.reshape(-1)[:3] = (np.nan, np.inf, -np.inf)
        return array
    limits = np.iinfo(kind)
    return RNG.integers(limits.min, limits.max, size=shape, dtype=kind, endpoint=True)


def packed(mha: Path) -> tuple[PackInfo, PackReader]:
    """Write the pack beside the file and open it."""
    pack = mha.with_suffix(".slices")
    info = write_pack(mha, pack)
    reader = PackReader(LocalFile(pack))
    assert reader.info == info
    return info, reader


def volume(reader: PackReader) -> NDArray[np.generic]:
    """All slices of a pack."""
    return np.stack([reader.decode(index) for index in range(reader.info.slices)])


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize(
    ("dtype", "stored", "codec"),
    [
        ("int8", "int16", "htj2k"),
        ("uint8", "uint8", "htj2k"),
        ("int16", "int16", "htj2k"),
        ("uint16", "uint16", "htj2k"),
        ("int32", "int32", "deflate"),
        ("uint32", "uint32", "deflate"),
        ("float32", "float32", "deflate"),
        ("float64", "float64", "deflate"),
    ],
)
def test_every_type_comes_back_exactly(
    write_mha: WriteMha, dtype: str, stored: str, codec: str, compress: bool
) -> None:
    array = full_range(dtype, (3, 37, 61))
    info, reader = packed(write_mha(array, compress=compress))
    assert (info.type, info.source_type, info.codec) == (stored, dtype, codec)
    assert (info.size, info.timepoints, info.components) == ((61, 37, 3), 1, 1)
    np.testing.assert_array_equal(volume(reader), array)


@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "uint64"])
@pytest.mark.parametrize(
    ("low", "high", "stored"),
    [(0, 3, "int16"), (0, 65535, "uint16"), (-1, 32767, "int16"), (0, 2**31 - 1, "int32")],
)
def test_wide_integers_are_narrowed_where_their_values_allow(
    write_mha: WriteMha, dtype: str, low: int, high: int, stored: str
) -> None:
    if low < 0 and dtype.startswith("u"):
        low = 0
    array = RNG.integers(low, high, size=(2, 16, 16), dtype=dtype, endpoint=True)
    array[0, 0, :2] = (low, high)
    info, reader = packed(write_mha(array))
    assert (info.type, info.source_type, info.range) == (stored, dtype, (low, high))
    np.testing.assert_array_equal(volume(reader), array)


def test_integers_beyond_32_bits_become_doubles_only_when_exact(write_mha: WriteMha) -> None:
    array = np.array([[[-(2**53), 2**53, 5, 2**40]]], dtype=np.int64)
    info, reader = packed(write_mha(array))
    assert info.type == "float64"
    np.testing.assert_array_equal(volume(reader).astype(np.int64), array)
    with pytest.raises(PackError, match="2\\^53") as caught:
        packed(write_mha(array + 7, name="larger.mha"))
    assert caught.value.reason == "unsupported"


@pytest.mark.parametrize(
    ("dtype", "channels", "codec"),
    [
        ("uint8", 3, "htj2k"),
        ("uint8", 4, "deflate"),
        ("uint16", 3, "deflate"),
        ("int8", 2, "deflate"),
    ],
)
def test_colors_and_vectors(write_mha: WriteMha, dtype: str, channels: int, codec: str) -> None:
    array = full_range(dtype, (2, 40, 30, channels))
    info, reader = packed(write_mha(array, vector=True))
    assert (info.components, info.codec, info.size) == (channels, codec, (30, 40, 2))
    np.testing.assert_array_equal(volume(reader), array)


def test_a_plane_is_a_volume_of_one_slice(write_mha: WriteMha) -> None:
    array = full_range("uint16", (50, 20))
    info, reader = packed(write_mha(array, spacing=(0.5, 0.25), origin=(3.0, 4.0)))
    assert (info.size, info.spacing, info.origin) == (
        (20, 50, 1),
        (0.5, 0.25, 1.0),
        (3.0, 4.0, 0.0),
    )
    np.testing.assert_array_equal(reader.decode(0), array)


def test_time_points_follow_each_other(write_mha: WriteMha) -> None:
    array = full_range("int16", (3, 4, 12, 10))
    path = write_mha(array)
    info, reader = packed(path)
    assert (info.size, info.timepoints, info.slices) == ((10, 12, 4), 3, 12)
    for t in range(3):
        for z in range(4):
            np.testing.assert_array_equal(reader.decode(t * 4 + z), array[t, z])


def test_geometry_is_that_of_simpleitk(write_mha: WriteMha) -> None:
    direction = (HALF, -HALF, 0.0, 0.0, 0.0, -1.0, HALF, HALF, 0.0)
    path = write_mha(
        full_range("int16", (4, 5, 6)),
        spacing=(0.7, 0.8, 2.5),
        origin=(-100.25, 12.5, 1e3),
        direction=direction,
    )
    info, _ = packed(path)
    image = SimpleITK.ReadImage(str(path))
    assert info.spacing == pytest.approx(image.GetSpacing())
    assert info.origin == pytest.approx(image.GetOrigin())
    assert info.direction == pytest.approx(image.GetDirection())
    matrix = np.array(info.direction).reshape(3, 3)
    world = np.array(info.origin) + matrix @ (np.array(info.spacing) * (1, 2, 3))
    assert world == pytest.approx(image.TransformIndexToPhysicalPoint((1, 2, 3)))


def test_a_volume_with_time_keeps_its_three_axes(write_mha: WriteMha) -> None:
    direction = np.eye(4)
    direction[:3, :3] = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    path = write_mha(
        full_range("int16", (2, 3, 4, 5)),
        direction=tuple(direction.ravel()),
        spacing=(1.0, 2.0, 3.0, 4.0),
    )
    info, _ = packed(path)
    assert info.direction == tuple(direction[:3, :3].ravel())
    assert info.spacing == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("shape", [(512, 512), (37, 61), (1, 1), (1, 200), (130, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16"])
def test_a_prefix_is_the_picture_at_its_level(
    write_mha: WriteMha, dtype: str, shape: tuple[int, int]
) -> None:
    array = full_range(dtype, (1, *shape))
    info, reader = packed(write_mha(array))
    whole = reader.fragment(0, NO_LEVEL, info.levels - 1)
    for level, (width, height) in enumerate(info.level_sizes):
        shift = info.levels - 1 - level
        assert (width, height) == (-(-shape[1] // 2**shift), -(-shape[0] // 2**shift))
        expected = imagecodecs.htj2k_decode(whole, skipres=shift)
        prefix = reader.decode(0, level)
        assert prefix.shape == (height, width)
        np.testing.assert_array_equal(prefix, expected)


def test_fragments_join_to_the_slice(write_mha: WriteMha) -> None:
    _, reader = packed(write_mha(full_range("int16", (2, 64, 64))))
    whole = reader.fragment(1, NO_LEVEL, 5)
    steps = [NO_LEVEL, 0, 2, 3, 5]
    parts = [reader.fragment(1, a, b) for a, b in pairwise(steps)]
    assert b"".join(parts) == whole
    assert reader.cuts[1][-1] == len(whole)
    assert reader.fragment(1, 3, 3) == b""


def test_window_and_range_describe_the_values(write_mha: WriteMha) -> None:
    array = np.zeros((2, 100, 100), np.int16)
    array[0] = np.arange(10000).reshape(100, 100)
    array[1] = array[0]
    info, _ = packed(write_mha(array))
    assert info.range == (0.0, 9999.0)
    assert info.window.center == pytest.approx(4999.5, abs=2)
    assert info.window.width == pytest.approx(9899, abs=5)


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_a_flat_image_still_has_a_window(write_mha: WriteMha, value: float) -> None:
    info, reader = packed(write_mha(np.full((2, 8, 8), value, np.float32)))
    assert info.window.width > 0
    assert all(np.isfinite(v) for v in (*info.range, info.window.center))
    np.testing.assert_array_equal(volume(reader), np.full((2, 8, 8), value, np.float32))


@pytest.mark.parametrize(
    ("kind", "bytes_each"), [("MET_LONG", 4), ("MET_ULONG", 4), ("MET_LONG_LONG", 8)]
)
def test_long_integers_are_as_long_as_metaio_says(
    kind: str, bytes_each: int, tmp_path: Path
) -> None:
    header = (
        "ObjectType = Image\nNDims = 3\nDimSize = 4 3 2\nElementSpacing = 1 1 1\n"
        f"ElementType = {kind}\nElementDataFile = LOCAL\n"
    )
    path = tmp_path / "long.mha"
    path.write_bytes(header.encode() + np.arange(24, dtype=f"<i{bytes_each}").tobytes())
    _, reader = packed(path)
    np.testing.assert_array_equal(volume(reader).ravel(), np.arange(24))


def test_big_endian_pixels_are_read(tmp_path: Path) -> None:
    array = full_range("int16", (2, 3, 4))
    header = (
        "ObjectType = Image\nNDims = 3\nDimSize = 4 3 2\nElementType = MET_SHORT\n"
        "BinaryDataByteOrderMSB = True\nElementDataFile = LOCAL\n"
    )
    path = tmp_path / "big.mha"
    path.write_bytes(header.encode() + array.astype(">i2").tobytes())
    _, reader = packed(path)
    np.testing.assert_array_equal(volume(reader), array)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    dtype=st.sampled_from(["int8", "uint8", "int16", "uint16", "int32", "float32"]),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 70), st.integers(1, 70)),
    seed=st.integers(0, 2**32 - 1),
    compress=st.booleans(),
)
def test_any_small_volume_survives(
    write_mha: WriteMha, dtype: str, shape: tuple[int, int, int], seed: int, compress: bool
) -> None:
    bits = np.random.default_rng(seed).bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    array = np.frombuffer(bits, dtype).reshape(shape)
    _, reader = packed(write_mha(array, compress=compress))
    np.testing.assert_array_equal(volume(reader), array)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_memory_is_a_few_slices_not_the_volume(write_mha: WriteMha, dtype: str) -> None:
    array = RNG.integers(0, 2000, (200, 256, 256)).astype(dtype)
    path = write_mha(array)
    tracemalloc.start()
    try:
        write_pack(path, path.with_suffix(".slices"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < array.nbytes / 2
