"""Check a NIfTI-1 or NIfTI-2 header (nifti.nimh.nih.gov); what it states is RAS."""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.non_dicom.claim import (
    Claim,
    Frame,
    Pixels,
    data_file,
    frame_of,
    perpendicular,
    plain_frame,
)

Matrix = np.ndarray[Any, np.dtype[np.float64]]
_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4",
          1024: "i8", 1280: "u8"}  # fmt: skip
_COLORS = {128: 3, 2304: 4}
_MM = {1: 1000.0, 2: 1.0, 3: 0.001}
"""Meters, millimeters, micrometers; what states no unit counts as mm."""
_SECONDS = {8: 1.0, 16: 1e-3, 24: 1e-6}
"""Seconds, milliseconds, microseconds; the other units (Hz, ppm, rad/s) are no time."""
_SCANNER = 1
_TO_LPS = np.diag([-1.0, -1.0, 1.0])


@dataclass(frozen=True, slots=True)
class _Header:
    """Numbers of the header as they stand there; `rows` are the sform's, 12 numbers."""

    order: str
    size: tuple[int, ...]
    pixdim: tuple[float, ...]
    datatype: int
    offset: int
    scale: tuple[float, float]
    codes: tuple[int, ...]
    quaternion: tuple[float, ...]
    rows: tuple[float, ...]
    single_file: bool
    units: int
    length: int


def inspect(path: Path) -> Claim:
    """Return what the header claims."""
    start, compressed = _start(path)
    header = _parse(path, start)
    components = _COLORS.get(header.datatype, 1)
    stored = "u1" if components > 1 else _TYPES.get(header.datatype)
    if stored is None:
        raise ConversionError(
            "UnsupportedPixelFormat",
            f"NIfTI data type {header.datatype} is not supported.",
            files=[path],
        )
    files, pixels = _pixels(path, header, compressed)
    size, frame, time_step, remarks = _geometry(path, header)
    slope, intercept = header.scale if header.scale[0] and components == 1 else (1.0, 0.0)
    return Claim(
        files=files,
        size=size,
        dtype=np.dtype(header.order + stored),
        pixels=pixels,
        spacing=frame.spacing,
        origin=frame.origin,
        axes=frame.axes,
        components=components,
        slope=slope,
        intercept=intercept,
        time_step=time_step,
        remarks=remarks,
    )


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
    return _Header(
        order=order,
        size=_size(struct.unpack_from(order + "8h", start, 40)),
        pixdim=struct.unpack_from(order + "8f", start, 76),
        datatype=struct.unpack_from(order + "h", start, 70)[0],
        offset=int(struct.unpack_from(order + "f", start, 108)[0]),
        scale=struct.unpack_from(order + "2f", start, 112),
        codes=struct.unpack_from(order + "2h", start, 252),
        quaternion=struct.unpack_from(order + "6f", start, 256),
        rows=struct.unpack_from(order + "12f", start, 280),
        single_file=start[345:346] == b"+",
        units=start[123],
        length=348,
    )


def _second_version(start: bytes) -> _Header:
    order = "<" if struct.unpack_from("<i", start)[0] == 540 else ">"
    return _Header(
        order=order,
        size=_size(struct.unpack_from(order + "8q", start, 16)),
        pixdim=struct.unpack_from(order + "8d", start, 104),
        datatype=struct.unpack_from(order + "h", start, 12)[0],
        offset=struct.unpack_from(order + "q", start, 168)[0],
        scale=struct.unpack_from(order + "2d", start, 176),
        codes=struct.unpack_from(order + "2i", start, 344),
        quaternion=struct.unpack_from(order + "6d", start, 352),
        rows=struct.unpack_from(order + "12d", start, 400),
        single_file=start[5:6] == b"+",
        units=struct.unpack_from(order + "i", start, 500)[0],
        length=540,
    )


def _size(dim: tuple[int, ...]) -> tuple[int, ...]:
    """Return the extents; axes after the third that hold one value say nothing."""
    if not 1 <= dim[0] <= 7:
        raise ValueError("dim")
    size = list(dim[1 : dim[0] + 1])
    while len(size) > 3 and size[-1] == 1:
        size.pop()
    return tuple(size)


def _pixels(path: Path, header: _Header, compressed: bool) -> tuple[tuple[Path, ...], Pixels]:
    offset = header.offset
    if not header.single_file:
        data = _data_of(path)
        packed = data.suffix == ".gz"
        files: tuple[Path, ...] = (path, data)
    else:
        data, packed, files = path, compressed, (path,)
        offset = offset or header.length + 4
    if offset < (header.length if header.single_file else 0):
        raise _invalid(path, "the pixels would begin inside the header")
    if packed:
        return files, Pixels(data, packed=True, skip=offset)
    return files, Pixels(data, start=offset)


def _geometry(
    path: Path, header: _Header
) -> tuple[tuple[int, ...], Frame, float | None, tuple[Remark, ...]]:
    """Return size, frame in LPS mm, time step in seconds and what is to be said about them."""
    size, scale = header.size, _MM.get(header.units & 7, 1.0)
    remarks: list[Remark] = []
    spacing = [value * scale for value in header.pixdim[1:4]]
    if not all(np.isfinite(v) and v > 0 for v in spacing[: min(len(size), 3)]):
        raise _invalid(path, "the pixel size is not positive")
    affine = _affine(path, header, remarks)
    if affine is not None and len(size) == 2:
        size = (*size, 1)  # a slice that knows where it lies
    step, time = None, None
    if len(size) > 3:
        step = _time_step(header, remarks)
        time = step or 1.0
    if affine is None:
        remarks.append(Remark("NoOrientation", "The file states neither qform nor sform."))
        flat = tuple(spacing[: len(size)]) if time is None else (*spacing, time)
        return size, plain_frame(flat), step, tuple(remarks)
    affine = _TO_LPS @ affine * scale
    lengths = np.linalg.norm(affine[:, :3], axis=0)
    measured = min(len(header.size), 3)
    if not np.allclose(lengths[:measured], spacing[:measured], rtol=1e-2, atol=1e-3):
        raise _invalid(path, "its orientation contradicts the pixel size")
    return size, frame_of(affine, time=time), step, tuple(remarks)


def _time_step(header: _Header, remarks: list[Remark]) -> float | None:
    scale = _SECONDS.get(header.units & 0x38)
    step = header.pixdim[4]
    if scale is None or not np.isfinite(step) or step <= 0:
        remarks.append(Remark("TimeStepUnknown", "The file does not state the time step."))
        return None
    return round(step * scale, 9)


def _affine(path: Path, header: _Header, remarks: list[Remark]) -> Matrix | None:
    """Return the index to RAS matrix (3 x 4) of the form that counts, in the file's unit.

    That is the one in scanner coordinates, the sform first, else the qform, else the sform: the
    order of ITK. A sheared sform gives way to the qform, which cannot be sheared.
    """
    forms: dict[str, Matrix] = {}
    if header.codes[1] > 0:
        forms["sform"] = _solid(np.array(header.rows, dtype=np.float64).reshape(3, 4))
    if header.codes[0] > 0:
        forms["qform"] = _from_quaternion(header.quaternion, header.pixdim)
    if not forms:
        return None
    if not all(np.isfinite(form).all() for form in forms.values()):
        raise _invalid(path, "the orientation is no number")
    straight = {name: form for name, form in forms.items() if perpendicular(form)}
    if not straight:
        raise ConversionError(
            "NonOrthogonal",
            "The axes of the file's sform are not perpendicular; the grid is sheared.",
            files=[path],
        )
    used = "sform" if header.codes[1] == _SCANNER or "qform" not in straight else "qform"
    used = used if used in straight else "qform"
    if len(straight) < len(forms):
        remarks.append(Remark("FormsDisagree", "The sform is sheared; the qform is used."))
    elif len(forms) == 2 and not np.allclose(forms["sform"], forms["qform"], atol=1e-2):
        remarks.append(Remark("FormsDisagree", f"qform and sform differ; the {used} is used."))
    return straight[used]


def _solid(form: Matrix) -> Matrix:
    """Give a slice that states no third axis one, across the slice."""
    if form[:, 2].any():
        return form
    normal = np.cross(form[:, 0], form[:, 1])
    length = float(np.linalg.norm(normal))
    return np.column_stack([form[:, :2], normal / length if length else normal, form[:, 3]])


def _from_quaternion(values: tuple[float, ...], pixdim: tuple[float, ...]) -> Matrix:
    """Return the qform as a 3 x 4 matrix (nifti1.h, method 2)."""
    b, c, d = (float(value) for value in values[:3])
    square = b * b + c * c + d * d
    if square > 1.0:  # rounding; then the rotation is by 180 degrees
        b, c, d = (value / float(np.sqrt(square)) for value in (b, c, d))
    a = float(np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d))))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    handed = -1.0 if pixdim[0] < 0 else 1.0
    depth = pixdim[3] if pixdim[3] > 0 else 1.0
    scaled = rotation * np.array([pixdim[1], pixdim[2], handed * depth])
    return np.column_stack([scaled, np.array(values[3:6])])


def _data_of(path: Path) -> Path:
    """Return the .img file of a .hdr file."""
    stem = path.name.removesuffix(".gz").removesuffix(".hdr")
    for name in (f"{stem}.img", f"{stem}.img.gz"):
        if (path.parent / name).is_file():
            return data_file(path, name)
    return data_file(path, f"{stem}.img")


def _invalid(path: Path, what: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The NIfTI header is wrong: {what}.", files=[path])
