"""Damage real files the way transfer, software and malice do; all from one random generator."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from random import Random

_HEADER_BYTES = 3000
_TOKENS = (
    b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\xfe\xff\x00\xe0", b"\0\0\0\x80",
    b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xff\xd9", b"\xff\xd8", b"\xff\x52",
    b"SQ", b"UN", b"OB", b"OW", b"US", b"DS", b"FD", b"UT", b"zz", b"\\", b"\xe0\x7f\x10\0",
    b"\0\0\xc0\x7f", b"\0\0\0\0\0\0\xf0\x7f", b"\x01\0", b"\xff\xff", b"\0\x80",
)  # fmt: skip
_NUMBERS = (
    b"0", b"-1", b"1e309", b"nan", b"-inf", b"99999999999", b"4294967296", b"65536", b"1A", b"",
    b"0.0000001", b"1 1 1", b"2147483647", b"-2147483648", b"1e-300", b"1\\2\\3",
)  # fmt: skip

Mutation = Callable[[bytearray, Random], None]


def mutate(raw: bytes, other: bytes, random: Random) -> bytes:
    """Return a damaged copy; what is compressed is damaged inside as well as outside.

    `other` is some other file, for splicing.
    """
    if raw[:2] == b"\x1f\x8b" and random.random() < 0.6:
        return gzip.compress(mutate(gzip.decompress(raw), other, random), 1)
    data = bytearray(raw)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        random.choice(_MUTATIONS)(data, random)
    if random.random() < 0.05:
        at = random.randrange(len(data) + 1)
        data[at:] = other[at:]
    return bytes(data)


def packed(members: list[tuple[str, bytes]], random: Random) -> tuple[str, bytes]:
    """Return the suffix and bytes of an archive, damaged in two of three cases."""
    suffix = random.choice((".zip", ".tar", ".tar.gz"))
    data = _zip(members, random) if suffix == ".zip" else _tar(members, compressed="gz" in suffix)
    if random.random() < 0.66:
        data = bytearray(data)
        for _ in range(random.choice((1, 2, 4))):
            random.choice((_flip, _overwrite, _truncate, _swap_blocks, _delete))(data, random)
    return suffix, bytes(data)


def _zip(members: list[tuple[str, bytes]], random: Random) -> bytes:
    file = io.BytesIO()
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def _tar(members: list[tuple[str, bytes]], *, compressed: bool) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz" if compressed else "w") as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def _place(data: bytearray, random: Random) -> int:
    """Return a position, in the header three times of four (behind DICOM's preamble)."""
    if not data:
        return 0
    start = 132 if data[128:132] == b"DICM" and random.random() < 0.95 else 0
    end = len(data) if random.random() < 0.25 else min(len(data), start + _HEADER_BYTES)
    return random.randrange(start, end) if end > start else 0


def _flip(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    if at < len(data):
        data[at] ^= 1 << random.randrange(8)


def _overwrite(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    if at < len(data):
        data[at] = random.randrange(256)


def _token(data: bytearray, random: Random) -> None:
    at, token = _place(data, random), random.choice(_TOKENS)
    data[at : at + len(token)] = token


def _insert(data: bytearray, random: Random) -> None:
    at, token = _place(data, random), random.choice(_TOKENS)
    data[at:at] = token


def _delete(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    del data[at : at + random.choice((1, 2, 4, 8, 64, 1000))]


def _truncate(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data) + 1) :]


def _swap_blocks(data: bytearray, random: Random) -> None:
    size = random.choice((8, 16, 64, 512))
    a, b = sorted((_place(data, random), _place(data, random)))
    if b >= a + size:
        data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]


def _repeat(data: bytearray, random: Random) -> None:
    """Put some bytes (an element, with luck) in a second time."""
    at, size = _element(data, random)
    data[at:at] = data[at : at + size]


def _drop(data: bytearray, random: Random) -> None:
    at, size = _element(data, random)
    del data[at : at + size]


def _element(data: bytearray, random: Random) -> tuple[int, int]:
    """Return place and size of something that looks like an explicit element, else of anything."""
    at = _place(data, random)
    for start in range(at, min(at + 400, len(data) - 8)):
        vr = bytes(data[start + 4 : start + 6])
        if vr.isalpha() and vr.isupper():
            return start, 8 + int.from_bytes(data[start + 6 : start + 8], "little")
    return at, random.choice((4, 10, 100))


def _resize(data: bytearray, random: Random) -> None:
    """Change the length of an element."""
    at, _ = _element(data, random)
    length = random.choice((0, 1, 2, 3, 16, 254, 4096, 65535))
    data[at + 6 : at + 8] = length.to_bytes(2, "little")


def _number(data: bytearray, random: Random) -> None:
    """Replace a number in text, keeping the length in half of the cases."""
    at = _place(data, random)
    start = next((i for i in range(at, min(at + 500, len(data))) if 48 <= data[i] <= 57), None)
    if start is None:
        return
    end = start
    while end < len(data) and end < start + 16 and data[end] in b"0123456789.+-eE":
        end += 1
    number = random.choice(_NUMBERS)
    data[start:end] = number.ljust(end - start)[: end - start] if random.random() < 0.5 else number


def _noise(data: bytearray, random: Random) -> None:
    """Damage the last part, where the pixels are."""
    for _ in range(random.choice((1, 4, 40))):
        if data:
            data[random.randrange(len(data) // 2, len(data))] = random.randrange(256)


_MUTATIONS: tuple[Mutation, ...] = (
    _flip, _overwrite, _overwrite, _token, _token, _insert, _delete, _truncate, _swap_blocks,
    _repeat, _drop, _resize, _resize, _number, _number, _number, _noise, _noise,
)  # fmt: skip
