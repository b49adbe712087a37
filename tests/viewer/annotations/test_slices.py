"""Slices on the wire: what a client may send, and what hostile clients send."""

import base64
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest

from app.sockets.schemas import InvalidValue
from viewer.annotations.slices import MOST_SLICES, Grid, count_labels, pack, read_slices, unpack

GRID = Grid(width=6, height=5, depth=4, bits=8)
WIDE = Grid(width=6, height=5, depth=4, bits=16)


def sent(voxels: Any, *, index: int = 1) -> dict[str, Any]:
    return {"index": index, "data": base64.b64encode(zlib.compress(voxels.tobytes())).decode()}


def plain(label: int = 2, dtype: str = "u1") -> Any:
    voxels = np.zeros((5, 6), dtype)
    voxels[1, 2] = voxels[4, 5] = label
    return voxels


@pytest.mark.parametrize(("grid", "dtype", "label"), [(GRID, "u1", 2), (WIDE, "<u2", 700)])
def test_a_slice_comes_back_voxel_for_voxel(grid: Grid, dtype: str, label: int) -> None:
    voxels = plain(label, dtype)
    (found,) = read_slices([sent(voxels)], grid=grid, declared={label})
    assert (found.index, found.counts) == (1, {label: 2})
    assert (unpack(found.data, grid=grid) == voxels).all()
    assert pack(voxels, index=1, grid=grid).counts == found.counts


@pytest.mark.parametrize("data", ["", sent(np.zeros((5, 6), "u1"))["data"]])
def test_an_empty_slice_takes_no_room(data: str) -> None:
    (found,) = read_slices([{"index": 0, "data": data}], grid=GRID, declared=set())
    assert (found.data, found.counts) == (b"", {})
    assert not unpack(found.data, grid=GRID).any()


def _packed(data: bytes) -> dict[str, Any]:
    return {"index": 1, "data": base64.b64encode(data).decode()}


BAD: dict[str, Any] = {
    "no list": {"index": 1},
    "no object": [7],
    "an unknown name": [{**sent(plain()), "more": 1}],
    "an index below": [sent(plain(), index=-1)],
    "an index above": [sent(plain(), index=4)],
    "an index that is no number": [{**sent(plain()), "index": True}],
    "the same index twice": [sent(plain()), sent(plain())],
    "no text": [{"index": 1, "data": 5}],
    "no base64": [{"index": 1, "data": "§§"}],
    "loose base64": [{"index": 1, "data": "eJw\n" + sent(plain())["data"]}],
    "no zlib": [_packed(b"nothing of the kind")],
    "raw deflate": [_packed(zlib.compress(plain().tobytes())[2:-4])],
    "too short": [_packed(zlib.compress(plain().tobytes()[:-1]))],
    "too long": [_packed(zlib.compress(plain().tobytes() + b"\0"))],
    "a bomb": [_packed(zlib.compress(bytes(50_000_000)))],
    "cut off": [_packed(zlib.compress(plain().tobytes())[:-3])],
    "a wrong checksum": [_packed(zlib.compress(plain().tobytes())[:-1] + b"\x01")],
    "something behind it": [_packed(zlib.compress(plain().tobytes()) + b"tail")],
    "a label that no segment has": [sent(plain(3))],
    "too many": [{"index": 0, "data": ""}] * (MOST_SLICES + 1),
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused(given: Any) -> None:
    with pytest.raises(InvalidValue) as refusal:
        read_slices(given, grid=GRID, declared={2})
    assert refusal.value.field.startswith("slices")


def test_a_label_is_never_wrapped_around() -> None:
    with pytest.raises(InvalidValue):
        pack(plain(258, "u2"), index=0, grid=GRID)


def test_labels_are_counted_in_little_memory() -> None:
    voxels = np.zeros((4096, 2048), "u1")
    voxels[-1, -5:] = 7
    tracemalloc.start()
    try:
        assert count_labels(voxels) == {7: 5}
        assert tracemalloc.get_traced_memory()[1] < 2 * voxels.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("label", [-1, 256, 2**31 - 1])
def test_labels_that_no_voxel_holds(label: int) -> None:
    voxels = np.zeros((5, 6), "i4")
    voxels[0, 0] = label
    with pytest.raises(InvalidValue, match=f"cannot hold {label}"):
        pack(voxels, index=0, grid=GRID)
