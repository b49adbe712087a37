"""Check a NIfTI-1 or NIfTI-2 header (nifti.nimh.nih.gov)."""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.resident.claim import Claim, data_file
from app.images.conversion.resident.inflating import Packed

Matrix = np.ndarray[Any, np.dtype[np.float64]]
_ITEM_BYTES = {2: 1, 4: 2, 8: 4, 16: 4, 64: 8, 256: 1, 512: 2, 768: 4, 1024: 8, 1280: 8}
_RGB, _RGBA = 128, 2304
_TIME_UNITS = frozenset({8, 16, 24})
"""Seconds, milliseconds, microseconds; ITK brings all three to seconds."""


@dataclass(frozen=True, slots=True)
class _Header:
    size: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    offset: int
    qform: Matrix | None
    sform: Matrix | None
    single_file: bool
    units: int


def inspect(path: Path) -> Claim:
    """Return what the header claims."""
    start, compressed = _start(path)
    header = _parse(path, start)
    components = {_RGB: 3, _RGBA: 4}.get(header.datatype, 1)
    item = 1 if components > 1 else _ITEM_BYTES.get(header.datatype)
    if item is None:
        raise ConversionError(
            "UnsupportedPixelFormat",
            f"NIfTI data type {header.datatype} is not supported.",
            files=[path],
        )
    files: tuple[Path, ...] = (path,)
    stored = path.stat().st_size - header.offset
    if not header.single_file:
        data = _data_of(path)
        files, stored, compressed = (path, data), data.stat().st_size, data.suffix == ".gz"
    return Claim(
        files=files,
        size=header.size,
        components=components,
        item_bytes=item,
        stored_bytes=None if compressed else stored,
        packed=_packed(files[-1], header) if compressed else None,
        remarks=_check_forms(path, header),
        time_scale=1.0 if header.units & 0x38 in _TIME_UNITS else None,
    )


def _packed(path: Path, header: _Header) -> Packed:
    return Packed(path, skip=max(header.offset, 0) if header.single_file else 0)


def _start(path: Path) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        start = file.read(560)
    if start[:2] != b"\x1f\x8b":
        return start, False
    try:
        with gzip.open(path) as stream:
            return stream.read(560), True
    except (OSError, EOFError, zlib.error) as error:
        raise ConversionError(
            "TruncatedPixelData", "The compressed file is damaged.", files=[path]
        ) from error


def _parse(path: Path, start: bytes) -> _Header:
    try:
        if start[344:347] in (b"n+1", b"ni1"):
            return _first_version(start)
        return _second_version(start)
    except (struct.error, ValueError, OverflowError) as error:
        raise _invalid(path, "it cannot be read") from error


def _first_version(start: bytes) -> _Header:
    order = "<" if struct.unpack_from("<i", start)[0] == 348 else ">"
    dim = struct.unpack_from(order + "8h", start, 40)
    pixdim = struct.unpack_from(order + "8f", start, 76)
    codes = struct.unpack_from(order + "2h", start, 252)
    quaternion = struct.unpack_from(order + "6f", start, 256)
    rows = struct.unpack_from(order + "12f", start, 280)
    return _assemble(
        dim=dim,
        pixdim=pixdim,
        datatype=struct.unpack_from(order + "h", start, 70)[0],
        offset=int(struct.unpack_from(order + "f", start, 108)[0]),
        codes=codes,
        quaternion=quaternion,
        rows=rows,
        single_file=start[345:346] == b"+",
        units=start[123],
    )


def _second_version(start: bytes) -> _Header:
    order = "<" if struct.unpack_from("<i", start)[0] == 540 else ">"
    dim = struct.unpack_from(order + "8q", start, 16)
    pixdim = struct.unpack_from(order + "8d", start, 104)
    return _assemble(
        dim=dim,
        pixdim=pixdim,
        datatype=struct.unpack_from(order + "h", start, 12)[0],
        offset=struct.unpack_from(order + "q", start, 168)[0],
        codes=struct.unpack_from(order + "2i", start, 344),
        quaternion=struct.unpack_from(order + "6d", start, 352),
        rows=struct.unpack_from(order + "12d", start, 400),
        single_file=start[5:6] == b"+",
        units=struct.unpack_from(order + "i", start, 500)[0],
    )


def _assemble(
    *,
    dim: tuple[int, ...],
    pixdim: tuple[float, ...],
    datatype: int,
    offset: int,
    codes: tuple[int, ...],
    quaternion: tuple[float, ...],
    rows: tuple[float, ...],
    single_file: bool,
    units: int,
) -> _Header:
    if not 1 <= dim[0] <= 7:
        raise ValueError("dim")
    size = list(dim[1 : dim[0] + 1])
    while len(size) > 2 and size[-1] == 1:
        size.pop()
    return _Header(
        size=tuple(size),
        datatype=datatype,
        pixdim=pixdim,
        offset=offset,
        qform=_from_quaternion(quaternion, pixdim) if codes[0] > 0 else None,
        sform=np.array(rows, dtype=np.float64).reshape(3, 4) if codes[1] > 0 else None,
        single_file=single_file,
        units=units,
    )


def _from_quaternion(values: tuple[float, ...], pixdim: tuple[float, ...]) -> Matrix:
    """Return the qform as a 3 x 4 matrix, RAS mm (nifti1.h, method 2)."""
    b, c, d = values[:3]
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    handed = -1.0 if pixdim[0] < 0 else 1.0
    scaled = rotation * np.array([pixdim[1], pixdim[2], handed * pixdim[3]])
    return np.column_stack([scaled, np.array(values[3:6])])


def _check_forms(path: Path, header: _Header) -> tuple[Remark, ...]:
    """Refuse sheared grids; say when the file is silent or contradicts itself."""
    spacing = header.pixdim[1 : len(header.size) + 1][:3]
    if not all(np.isfinite(value) and value > 0 for value in spacing):
        raise _invalid(path, "the pixel size is not positive")
    forms = [form for form in (header.sform, header.qform) if form is not None]
    if not forms:
        return (Remark("NoOrientation", "The file states neither qform nor sform."),)
    if not all(np.isfinite(form).all() for form in forms):
        raise _invalid(path, "the orientation is no number")
    if not _orthogonal(forms[0]):
        raise ConversionError(
            "NonOrthogonal",
            "The axes of the file's sform are not perpendicular; the grid is sheared.",
            files=[path],
        )
    return ()


def confirm_geometry(path: Path, affine: Matrix) -> tuple[Remark, ...]:
    """Compare what a reader made of the file with what the file states; index to RAS mm, 3 x 4.

    Readers differ in which form they prefer, and ITK gives up on a form without an error.
    Raises InvalidHeader when the affine is neither of the two.
    """
    header = _parse(path, _start(path)[0])
    forms = {"sform": header.sform, "qform": header.qform}
    stated = {name: form for name, form in forms.items() if form is not None}
    used = [name for name, form in stated.items() if np.allclose(form, affine, atol=1e-2)]
    if stated and not used:
        raise _invalid(path, "its orientation contradicts itself")
    if len(used) < len(stated):
        return (Remark("FormsDisagree", f"qform and sform differ; the {used[0]} is used."),)
    return ()


def _orthogonal(form: Matrix) -> bool:
    lengths = np.linalg.norm(form[:, :3], axis=0)
    if not (lengths > 0).all():
        return False
    unit = form[:, :3] / lengths
    return bool(np.allclose(unit.T @ unit, np.eye(3), atol=1e-3))


def _data_of(path: Path) -> Path:
    """Return the .img file of a .hdr file."""
    stem = path.name.removesuffix(".gz").removesuffix(".hdr")
    for name in (f"{stem}.img", f"{stem}.img.gz"):
        if (path.parent / name).is_file():
            return data_file(path, name)
    return data_file(path, f"{stem}.img")


def _invalid(path: Path, what: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The NIfTI header is wrong: {what}.", files=[path])
