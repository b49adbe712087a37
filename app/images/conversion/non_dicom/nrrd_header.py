"""Check a NRRD header (teem.sourceforge.net/nrrd/format.html)."""

from __future__ import annotations

import math
import re
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
    read_text_header,
)

_NAMES = {
    "i1": "signed char|int8|int8_t",
    "u1": "uchar|unsigned char|uint8|uint8_t",
    "i2": "short|short int|signed short|signed short int|int16|int16_t",
    "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    "i4": "int|signed int|int32|int32_t",
    "u4": "uint|unsigned int|uint32|uint32_t",
    "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
    "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    "f4": "float",
    "f8": "double",
}
_TYPES = {name: code for code, names in _NAMES.items() for name in names.split("|")}
_COLOR_KINDS = {
    "rgb-color", "3-color", "rgba-color", "4-color", "vector", "3-vector", "covariant-vector",
    "normal", "complex", "point", "list", "hsv-color", "xyz-color", "3-gradient", "3-normal",
    "4-vector", "quaternion", "2-vector", "stub", "scalar",
}  # fmt: skip
"""Kinds of a first axis that holds the values of one pixel."""
_NO_COLORS = {
    "hsv-color", "xyz-color", "complex", "quaternion", "point", "normal", "3-normal", "3-gradient",
    "list",
}  # fmt: skip
"""Those whose values would be shown in wrong colors: they are no red, green and blue."""
_COMPRESSED = {"gzip", "gz"}
_TO_LPS = {
    "right-anterior-superior": (-1.0, -1.0, 1.0),
    "ras": (-1.0, -1.0, 1.0),
    "left-anterior-superior": (1.0, -1.0, 1.0),
    "las": (1.0, -1.0, 1.0),
    "left-posterior-superior": (1.0, 1.0, 1.0),
    "lps": (1.0, 1.0, 1.0),
}
_MM = {"m": 1000.0, "cm": 10.0, "mm": 1.0, "um": 0.001, "µm": 0.001, "micron": 0.001, "nm": 1e-6}
_SECONDS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6}
_VERSIONS = {b"NRRD000%d" % version for version in range(1, 6)}
Matrix = np.ndarray[Any, np.dtype[np.float64]]
Fields = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Axes:
    """Which axis of the file is what: `spatial` ones from `first` on, then perhaps time."""

    first: int
    spatial: int
    time: bool


def inspect(path: Path) -> Claim:
    """Return what the header claims."""
    fields, end = _fields(path)
    sizes = _integers(path, fields, "sizes")
    if len(sizes) != _integers(path, fields, "dimension")[0]:
        raise _invalid(path, "sizes does not fit dimension")
    axes = _axes(path, fields, count=len(sizes))
    size = sizes[axes.first :]
    dtype = _dtype(path, fields)
    wanted = math.prod(sizes) * dtype.itemsize
    files, pixels = _pixels(path, fields, end, wanted=wanted)
    remarks: list[Remark] = []
    step = _time_step(fields, len(sizes) - 1, remarks) if axes.time else None
    time = (step or 1.0) if axes.time else None
    frame = _frame(path, fields, axes, time=time, remarks=remarks)
    if len(size) < len(frame.spacing):
        size = [*size[:2], 1, *size[2:]]  # a slice that knows where it lies
    return Claim(
        files=files,
        size=tuple(size),
        dtype=dtype,
        pixels=pixels,
        spacing=frame.spacing,
        origin=frame.origin,
        axes=frame.axes,
        components=sizes[0] if axes.first else 1,
        time_step=step,
        spacing_valid=not any(remark.code == "NoSpacing" for remark in remarks),
        remarks=tuple(remarks),
    )


def _dtype(path: Path, fields: Fields) -> np.dtype[Any]:
    code = _TYPES.get(fields.get("type", "").lower())
    if code is None:
        raise ConversionError(
            "UnsupportedPixelFormat", "The NRRD type is not supported.", files=[path]
        )
    endian = fields.get("endian", "little" if code[1] == "1" else "").lower()
    if endian not in {"little", "big"}:
        raise _invalid(path, "endian is missing")
    return np.dtype(code).newbyteorder("<" if endian == "little" else ">")


def _fields(path: Path) -> tuple[Fields, int]:
    raw = read_text_header(path)
    first, _, _ = raw.partition(b"\n")
    if first.strip() not in _VERSIONS:
        raise ConversionError(
            "UnsupportedFormat", "This version of NRRD is not supported.", files=[path]
        )
    fields: Fields = {}
    position = raw.find(b"\n") + 1
    while True:
        end = raw.find(b"\n", position)
        line = (raw[position:] if end < 0 else raw[position:end]).decode("utf-8", "replace").strip()
        position = len(raw) if end < 0 else end + 1
        if not line:
            return fields, position
        if not line.startswith("#") and ":=" not in line:
            key, separator, value = line.partition(":")
            key = key.strip().lower().replace("datafile", "data file")
            if not separator or key in fields:
                raise _invalid(path, "a line has no value or is there twice")
            fields[key] = value.strip()
        if end < 0:
            return fields, position


def _pixels(
    path: Path, fields: Fields, end: int, *, wanted: int
) -> tuple[tuple[Path, ...], Pixels]:
    encoding = fields.get("encoding", "").lower()
    if encoding not in {"raw", *_COMPRESSED}:
        raise ConversionError(
            "UnsupportedFormat", "The NRRD encoding is not supported; use raw or gzip.",
            files=[path],
        )  # fmt: skip
    name = fields.get("data file")
    if name is not None and (name.upper().startswith("LIST") or "%" in name):
        raise ConversionError(
            "UnsupportedFormat", "NRRD headers with several data files are not supported.",
            files=[path],
        )  # fmt: skip
    data = path if name is None else data_file(path, name.removeprefix("./"))
    files = (path,) if name is None else (path, data)
    start = end if name is None else 0
    skip = _integers(path, fields, "byte skip", default=0)[0]
    if _integers(path, fields, "line skip", default=0)[0] or skip < -1:
        raise ConversionError(
            "UnsupportedFormat", "NRRD files with skipped lines are not supported.", files=[path]
        )
    if encoding in _COMPRESSED:
        if skip < 0:
            raise _invalid(path, "byte skip does not go with compressed pixels")
        return files, Pixels(data, start=start, packed=True, skip=skip)
    if skip == -1:  # the pixels are the end of the file
        skip = max(data.stat().st_size - start - wanted, 0)
    return files, Pixels(data, start=start + skip)


def _axes(path: Path, fields: Fields, *, count: int) -> _Axes:
    """Tell the axes apart by their kinds and by which of them have a direction in space."""
    kinds = fields.get("kinds", "").lower().split()
    directions = _directions(fields)
    for name, entries in (("kinds", kinds), ("space directions", directions)):
        if entries and len(entries) != count:
            raise _invalid(path, f"{name} does not fit dimension")
    apart = [entry == "none" for entry in directions] or [False] * count
    first = int(apart[0] or bool(kinds and kinds[0] in _COLOR_KINDS))
    time = apart[-1] or (not directions and count - first == 4)
    spatial = count - first - int(time)
    if any(apart[first : first + spatial]) or spatial not in (2, 3):
        raise ConversionError(
            "UnsupportedPixelFormat",
            "The image does not have two or three axes in space, after those of the pixel.",
            files=[path],
        )
    if time and kinds and kinds[-1] in _COLOR_KINDS - {"list", "scalar", "stub"}:
        raise ConversionError(
            "UnsupportedPixelFormat",
            "The values of a pixel do not lie side by side in the file.",
            files=[path],
        )
    if first and kinds and kinds[0] in _NO_COLORS:
        raise ConversionError(
            "UnsupportedPixelFormat",
            f"The values of a pixel ({kinds[0]}) are no colors and cannot be shown.",
            files=[path],
        )
    return _Axes(first, spatial, time)


def _directions(fields: Fields) -> list[str]:
    return re.findall(r"none|\([^)]*\)", fields.get("space directions", "").lower())


def _frame(
    path: Path, fields: Fields, axes: _Axes, *, time: float | None, remarks: list[Remark]
) -> Frame:
    """Return the geometry in LPS mm; directions without a known space are taken as LPS."""
    space = fields.get("space", "").lower()
    if space and space not in _TO_LPS:
        raise _invalid(path, "its space is neither RAS, LAS nor LPS")
    found = _directions(fields)[axes.first : axes.first + axes.spatial]
    if not space or not found:
        remarks.append(Remark("NoOrientation", "The header states no space and directions."))
    if not found:
        spacing = _spacings(fields)[axes.first : axes.first + axes.spatial]
        if len(spacing) != axes.spatial or not all(math.isfinite(v) and v > 0 for v in spacing):
            remarks.append(Remark("NoSpacing", "The header states no spacings."))
            spacing = [1.0] * axes.spatial
        return plain_frame((*spacing, *(() if time is None else (time,))))
    vectors = [_vector(path, entry) for entry in found]
    origin = [0.0] * len(vectors[0])
    if "space origin" in fields:
        origin = _vector(path, fields["space origin"])
    affine = _solid(path, vectors, origin)
    units = re.findall(r'"([^"]*)"', fields.get("space units", ""))
    scale = np.array([_MM.get(unit.strip().lower(), 1.0) for unit in (*units, "", "", "")[:3]])
    affine = np.array(_TO_LPS.get(space, (1.0, 1.0, 1.0)))[:, None] * affine * scale[:, None]
    if not perpendicular(affine):
        raise ConversionError(
            "NonOrthogonal", "The space directions are not perpendicular.", files=[path]
        )
    frame = frame_of(affine, time=time)
    return frame if len(vectors[0]) == 3 else _flat(frame)


def _solid(path: Path, vectors: list[list[float]], origin: list[float]) -> Matrix:
    """Return index to space, 3 x 4; a slice gets a third axis across it."""
    length = len(vectors[0])
    if length not in (2, 3) or any(len(vector) != length for vector in (*vectors, origin)):
        raise _invalid(path, "space directions and origin do not have the same dimensions")
    columns = [np.array([*vector, 0.0][:3]) for vector in vectors]
    if not all(np.linalg.norm(column) > 0 for column in columns):
        raise _invalid(path, "a space direction is zero")
    if len(columns) == 2:
        normal = np.cross(columns[0], columns[1])
        size = float(np.linalg.norm(normal))
        columns.append(normal / size if size else normal)
    return np.column_stack([*columns, np.array([*origin, 0.0][:3])])


def _flat(frame: Frame) -> Frame:
    """Return the frame of an image whose space has two dimensions."""
    return Frame(frame.spacing[:2], frame.origin[:2], tuple(axis[:2] for axis in frame.axes[:2]))


def _time_step(fields: Fields, axis: int, remarks: list[Remark]) -> float | None:
    units = re.findall(r'"([^"]*)"', fields.get("units", ""))
    scale = _SECONDS.get(units[axis].strip().lower()) if len(units) > axis else None
    spacing = _spacings(fields)
    if scale is None or len(spacing) <= axis or not (0 < spacing[axis] < math.inf):
        remarks.append(Remark("TimeStepUnknown", "The file does not state the time step."))
        return None
    return round(spacing[axis] * scale, 9)


def _spacings(fields: Fields) -> list[float]:
    try:
        return [float(part) for part in fields.get("spacings", "").split()]
    except ValueError:
        return []


def _vector(path: Path, text: str) -> list[float]:
    try:
        values = [float(part) for part in text.strip("() ").split(",")]
    except ValueError as error:
        raise _invalid(path, "space directions or origin are no numbers") from error
    if not all(math.isfinite(value) for value in values):
        raise _invalid(path, "space directions or origin are no numbers")
    return values


def _integers(path: Path, fields: Fields, key: str, *, default: int | None = None) -> list[int]:
    if key not in fields and default is not None:
        return [default]
    try:
        values = [int(part) for part in fields[key].split()]
    except (KeyError, ValueError) as error:
        raise _invalid(path, f"{key} is missing or no number") from error
    if not values:
        raise _invalid(path, f"{key} is empty")
    return values


def _invalid(path: Path, what: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The NRRD header is wrong: {what}.", files=[path])
