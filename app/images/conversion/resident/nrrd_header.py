"""Check a NRRD header (teem.sourceforge.net/nrrd/format.html)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.resident.claim import Claim, data_file, read_text_header
from app.images.conversion.resident.inflating import Packed

_TYPES = {
    1: "signed char|int8|int8_t|uchar|unsigned char|uint8|uint8_t",
    2: "short|short int|signed short|signed short int|int16|int16_t|ushort|unsigned short|"
    "unsigned short int|uint16|uint16_t",
    4: "int|signed int|int32|int32_t|uint|unsigned int|uint32|uint32_t|float",
    8: "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t|"
    "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t|double",
}
_ITEM_BYTES = {name: size for size, names in _TYPES.items() for name in names.split("|")}
_COLOR_KINDS = {
    "rgb-color": 3, "3-color": 3, "rgba-color": 4, "4-color": 4, "vector": 0, "3-vector": 3,
    "covariant-vector": 0, "normal": 3, "complex": 0, "point": 0,
}  # fmt: skip
_COMPRESSED = {"gzip", "gz"}
_SPACES = {
    "right-anterior-superior", "ras", "left-anterior-superior", "las",
    "left-posterior-superior", "lps",
}  # fmt: skip
_VERSIONS = {b"NRRD000%d" % version for version in range(1, 6)}


def inspect(path: Path) -> Claim:
    """Return what the header claims."""
    fields, end = _fields(path)
    kinds = [kind.lower() for kind in fields.get("kinds", "").split()]
    size = _integers(path, fields, "sizes")
    if len(size) != _integers(path, fields, "dimension")[0]:
        raise _invalid(path, "sizes does not fit dimension")
    item = _ITEM_BYTES.get(fields.get("type", "").lower())
    if item is None:
        raise ConversionError(
            "UnsupportedPixelFormat", "The NRRD type is not supported.", files=[path]
        )
    components = 1
    if kinds and kinds[0] in _COLOR_KINDS:
        components, size = size[0], size[1:]
    encoding = fields.get("encoding", "").lower()
    if encoding not in {"raw", *_COMPRESSED}:
        raise ConversionError(
            "UnsupportedFormat", "The NRRD encoding is not supported; use raw or gzip.",
            files=[path],
        )  # fmt: skip
    remarks = _check_axes(path, fields)
    files, stored = _pixels(path, fields, end)
    if any(fields.get(key, "0") not in {"0", "-1"} for key in ("byte skip", "line skip")):
        raise ConversionError(
            "UnsupportedFormat", "NRRD files with skipped bytes or lines are not supported.",
            files=[path],
        )  # fmt: skip
    start = end if len(files) == 1 else 0
    return Claim(
        files=files,
        size=tuple(size),
        components=components,
        item_bytes=item,
        stored_bytes=stored if encoding == "raw" else None,
        packed=None if encoding == "raw" else Packed(files[-1], start=start),
        remarks=remarks,
    )


def _fields(path: Path) -> tuple[dict[str, str], int]:
    raw = read_text_header(path)
    first, _, _ = raw.partition(b"\n")
    if first.strip() not in _VERSIONS:
        raise ConversionError(
            "UnsupportedFormat", "This version of NRRD is not supported.", files=[path]
        )
    fields: dict[str, str] = {}
    position = raw.find(b"\n") + 1
    while True:
        end = raw.find(b"\n", position)
        line = (raw[position:] if end < 0 else raw[position:end]).decode("latin-1").strip()
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


def _pixels(path: Path, fields: dict[str, str], end: int) -> tuple[tuple[Path, ...], int]:
    name = fields.get("data file")
    if name is None:
        return (path,), path.stat().st_size - end
    if name.upper().startswith("LIST") or "%" in name:
        raise ConversionError(
            "UnsupportedFormat", "NRRD headers with several data files are not supported.",
            files=[path],
        )  # fmt: skip
    data = data_file(path, name.removeprefix("./"))
    return (path, data), data.stat().st_size


def _check_axes(path: Path, fields: dict[str, str]) -> tuple[Remark, ...]:
    space = fields.get("space", "").lower()
    if space and space not in _SPACES:
        raise _invalid(path, "its space is neither RAS, LAS nor LPS")
    found = re.findall(r"\(([^)]*)\)", fields.get("space directions", ""))
    if not space or not found:
        return (Remark("NoOrientation", "The header states no space and directions."),)
    try:
        axes = np.array([[float(part) for part in axis.split(",")] for axis in found])
    except ValueError as error:
        raise _invalid(path, "space directions are no numbers") from error
    lengths = np.linalg.norm(axes, axis=1)
    if not np.isfinite(axes).all() or not (lengths > 0).all():
        raise _invalid(path, "a space direction is zero or no number")
    unit = axes / lengths[:, None]
    if not np.allclose(unit @ unit.T, np.eye(len(axes)), atol=1e-3):
        raise ConversionError(
            "NonOrthogonal", "The space directions are not perpendicular.", files=[path]
        )
    return ()


def _integers(path: Path, fields: dict[str, str], key: str) -> list[int]:
    try:
        values = [int(part) for part in fields[key].split()]
    except (KeyError, ValueError) as error:
        raise _invalid(path, f"{key} is missing or no number") from error
    if not values:
        raise _invalid(path, f"{key} is empty")
    return values


def _invalid(path: Path, what: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The NRRD header is wrong: {what}.", files=[path])
