"""Files that lie: every one ends in a `PackError` with a sentence, and nothing is left on disk."""

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.images.slices import NO_LEVEL, CallableRange, LocalFile, PackError, PackReader, write_pack
from app.images.slices.format import MAGIC, PREFIX, table_row
from tests.images.slices.conftest import WriteMha

HEADER = (
    "ObjectType = Image\nNDims = 3\nDimSize = 4 3 2\nElementType = MET_UCHAR\n"
    "{}ElementDataFile = LOCAL\n"
)


def mha(tmp_path: Path, header: str, pixels: bytes = bytes(24)) -> Path:
    path = tmp_path / "image.mha"
    path.write_bytes(header.encode() + pixels)
    return path


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "not-metaimage"),
        ("ElementDataFile", "not-metaimage"),
        ("NDims = 3\n" * 20000, "not-metaimage"),
        (HEADER.format("").replace("LOCAL", "../../etc/passwd"), "unsupported"),
        (HEADER.format("").replace("LOCAL", "LIST"), "unsupported"),
        (HEADER.format("").replace("4 3 2", "4 3 0"), "too-large"),
        (HEADER.format("").replace("4 3 2", "4 -3 2"), "not-metaimage"),
        (HEADER.format("").replace("4 3 2", "4 3"), "unsupported"),
        (HEADER.format("").replace("4 3 2", "60000 60000 60000"), "too-large"),
        (HEADER.format("").replace("4 3 2", "4 3 99999"), "too-large"),
        (HEADER.format("").replace("4 3 2", "4 3 99999999999999999999"), "not-metaimage"),
        (HEADER.format("").replace("MET_UCHAR", "MET_STRING"), "unsupported"),
        (HEADER.format("BinaryData = False\n"), "unsupported"),
        (HEADER.format("ElementNumberOfChannels = 5\n"), "unsupported"),
        (HEADER.format("ElementSpacing = 1 nan 1\n"), "not-metaimage"),
        (HEADER.format("TransformMatrix = 1 0 0\n"), "not-metaimage"),
        (HEADER.format("CompressedData = True\n"), "damaged"),
    ],
)
def test_a_bad_metaimage_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    path = mha(tmp_path, header)
    with pytest.raises(PackError) as caught:
        write_pack(path, tmp_path / "image.slices")
    assert caught.value.reason == reason
    assert [p.name for p in tmp_path.iterdir()] == ["image.mha"]


@pytest.mark.parametrize("compressed", [True, False])
def test_missing_pixels_are_noticed(tmp_path: Path, compressed: bool) -> None:
    pixels = bytes(range(24))
    body = zlib.compress(pixels)[:-9] if compressed else pixels[:-1]
    path = mha(tmp_path, HEADER.format(f"CompressedData = {compressed}\n"), body)
    with pytest.raises(PackError, match="ends before its last slice") as caught:
        write_pack(path, tmp_path / "image.slices")
    assert caught.value.reason == "truncated"
    assert [p.name for p in tmp_path.iterdir()] == ["image.mha"]


def test_the_old_pack_stays_when_a_new_one_fails(tmp_path: Path, write_mha: WriteMha) -> None:
    pack = tmp_path / "image.slices"
    write_pack(write_mha(np.zeros((2, 8, 8), np.int16)), pack)
    before = pack.read_bytes()
    (tmp_path / "image.mha").write_bytes(b"not an image\n")
    with pytest.raises(PackError):
        write_pack(tmp_path / "image.mha", pack)
    assert pack.read_bytes() == before


@pytest.fixture
def sound(tmp_path: Path, write_mha: WriteMha) -> bytes:
    """A sound pack of three slices."""
    array = np.random.default_rng(1).integers(-1000, 1000, (3, 40, 30)).astype(np.int16)
    write_pack(write_mha(array), tmp_path / "sound.slices")
    return (tmp_path / "sound.slices").read_bytes()


def opened(data: bytes) -> PackReader:
    return PackReader(CallableRange(lambda o, n: data[o : o + n], size=len(data)))


Change = Callable[[dict[str, Any], NDArray[np.void]], Any]


def rebuilt(data: bytes, change: Change) -> bytes:
    """The pack with header and table changed and a fitting checksum: only the checks can notice."""
    _, version, levels, slices, length, _ = PREFIX.unpack_from(data)
    row = table_row(levels)
    end = PREFIX.size + length + slices * row.itemsize
    header = json.loads(data[PREFIX.size : PREFIX.size + length])
    table = np.frombuffer(data[PREFIX.size + length : end], row).copy()
    change(header, table)
    body = json.dumps(header).encode().ljust(length)[:length]
    body += table.tobytes()
    prefix = PREFIX.pack(MAGIC, version, levels, slices, length, zlib.crc32(body))
    return prefix + body + data[end:]


def test_rebuilding_without_a_change_is_harmless(sound: bytes) -> None:
    assert asdict(opened(rebuilt(sound, lambda h, t: None)).info) == asdict(opened(sound).info)


HOSTILE: list[tuple[str, Change]] = [
    ("size", lambda h, t: h.update(size=[30, 40, 4])),
    ("negative size", lambda h, t: h.update(size=[-30, 40, 3])),
    ("huge size", lambda h, t: h.update(size=[65535, 65535, 3])),
    ("size as text", lambda h, t: h.update(size=["30", 40, 3])),
    ("size as boolean", lambda h, t: h.update(timepoints=True)),
    ("missing field", lambda h, t: h.pop("origin")),
    ("spacing zero", lambda h, t: h.update(spacing=[0, 1, 1])),
    ("spacing not finite", lambda h, t: h.update(spacing=[1e999, 1, 1])),
    ("direction short", lambda h, t: h.update(direction=[1, 0])),
    ("unknown codec", lambda h, t: h.update(codec="zip")),
    ("unknown type", lambda h, t: h.update(type="object")),
    ("type the codec cannot", lambda h, t: h.update(type="int32")),
    ("deflate with levels", lambda h, t: h.update(codec="deflate")),
    ("components", lambda h, t: h.update(components=3)),
    ("levels", lambda h, t: h.update(levels=5)),
    ("window", lambda h, t: h.update(window={"center": 0, "width": 0})),
    ("head level", lambda h, t: h.update(head=6)),
    ("negative head level", lambda h, t: h.update(head=-1)),
    ("head beyond the end", lambda h, t: t["head"].__setitem__(1, 2**63)),
    ("tail beyond the end", lambda h, t: t["tail"].__setitem__(1, 2**64 - 1)),
    ("head in the index", lambda h, t: t["head"].__setitem__(1, 8)),
    ("tail in the index", lambda h, t: t["tail"].__setitem__(2, 8)),
    ("cut beyond the end", lambda h, t: t["cuts"].__setitem__((2, 5), 2**32 - 1)),
    ("cuts falling", lambda h, t: t["cuts"].__setitem__((0, 1), t["cuts"][0, 0] - 1)),
    ("cut zero", lambda h, t: t["cuts"].__setitem__((0, 0), 0)),
]


@pytest.mark.parametrize("change", [c for _, c in HOSTILE], ids=[n for n, _ in HOSTILE])
def test_a_lying_index_is_refused(sound: bytes, change: Change) -> None:
    with pytest.raises(PackError) as caught:
        opened(rebuilt(sound, change))
    assert caught.value.reason == "damaged"


@pytest.mark.parametrize(
    ("position", "value", "reason"),
    [
        (0, b"x", "not-a-pack"),
        (8, struct.pack("<H", 3), "unsupported"),
        (10, struct.pack("<H", 0), "damaged"),
        (12, struct.pack("<I", 2**31), "damaged"),
        (12, struct.pack("<I", 65535), "truncated"),
        (16, struct.pack("<I", 2**31), "damaged"),
        (20, b"\0\0\0\0", "damaged"),
        (40, b"\xff", "damaged"),
    ],
)
def test_a_changed_index_is_refused(sound: bytes, position: int, value: bytes, reason: str) -> None:
    data = sound[:position] + value + sound[position + len(value) :]
    with pytest.raises(PackError) as caught:
        opened(data)
    assert caught.value.reason == reason


def test_a_pack_cut_anywhere_is_refused(sound: bytes) -> None:
    for length in [*range(0, 400, 7), len(sound) - 1]:
        with pytest.raises(PackError):
            opened(sound[:length])


def test_a_damaged_slice_is_noticed(sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "damaged.slices"
    head = opened(sound).index.spans(2, NO_LEVEL, 5)[0].offset
    path.write_bytes(sound[:head] + bytes([sound[head] ^ 1]) + sound[head + 1 :])
    with PackReader(LocalFile(path)) as reader:
        reader.decode(0)
        for level in (5, reader.info.head):
            with pytest.raises(PackError, match="checksum"):
                reader.decode(2, level)


def test_a_damaged_tail_is_noticed_without_its_head(write_mha: WriteMha, tmp_path: Path) -> None:
    array = np.random.default_rng(1).integers(-1000, 1000, (3, 300, 280)).astype(np.int16)
    path = tmp_path / "damaged.slices"
    info = write_pack(write_mha(array), path)
    assert info.head == 3
    data = bytearray(path.read_bytes())
    tail = opened(bytes(data)).index.spans(1, info.head, 5)[0].offset
    data[tail + 100] ^= 1
    reader = opened(bytes(data))
    reader.decode(1, info.head)
    for have in (info.head, NO_LEVEL):
        with pytest.raises(PackError, match="checksum"):
            reader.fragment(1, have, 5)


def test_a_codestream_of_another_size_is_not_decoded(sound: bytes) -> None:
    start = opened(sound).index.spans(0, NO_LEVEL, 5)[0].offset
    siz = start + 8
    data = sound[:siz] + struct.pack(">II", 60000, 60000) + sound[siz + 8 :]
    checksum = zlib.crc32(data[start : start + opened(sound).cuts[0][-1]])
    reader = opened(rebuilt(data, lambda h, t: t["head_sum"].__setitem__(0, checksum)))
    with pytest.raises(PackError, match="cannot be decoded"):
        reader.decode(0)


@pytest.mark.parametrize(
    ("index", "have", "to"), [(3, 255, 0), (-1, 255, 0), (0, 255, 6), (0, 6, 0), (0, -1, 0)]
)
def test_slices_and_levels_that_do_not_exist(sound: bytes, index: int, have: int, to: int) -> None:
    with pytest.raises(PackError) as caught:
        opened(sound).fragment(index, have, to)
    assert caught.value.reason == "out-of-range"


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_noise_is_not_a_pack(data: bytes) -> None:
    for candidate in (
        data,
        *(PREFIX.pack(MAGIC, v, 1, 1, 64, zlib.crc32(data)) + data for v in (1, 2)),
    ):
        with pytest.raises(PackError):
            opened(candidate)
