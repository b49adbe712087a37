"""Check a MetaImage header (itk.org/Wiki/MetaIO/Documentation)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.resident.claim import Claim, data_file, read_text_header
from app.images.conversion.resident.inflating import Packed

_ITEM_BYTES = {
    "MET_CHAR": 1, "MET_UCHAR": 1, "MET_SHORT": 2, "MET_USHORT": 2, "MET_INT": 4, "MET_UINT": 4,
    "MET_LONG": 4, "MET_ULONG": 4, "MET_LONG_LONG": 8, "MET_ULONG_LONG": 8, "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}  # fmt: skip
_ORIENTATION_KEYS = ("transformmatrix", "rotation", "orientation")


def inspect(path: Path) -> Claim:
    """Return what the header claims."""
    fields, end = _fields(path)
    size = tuple(_integers(path, fields, "dimsize"))
    if len(size) != _integers(path, fields, "ndims")[0]:
        raise _invalid(path, "DimSize does not fit NDims")
    element = fields.get("elementtype", "")
    if element not in _ITEM_BYTES:
        raise ConversionError(
            "UnsupportedPixelFormat",
            f"The element type {element[:32]!r} is not supported.",
            files=[path],
        )
    if fields.get("binarydata", "true").lower() not in {"true", "1"}:
        raise ConversionError(
            "UnsupportedFormat", "MetaImage files with pixels as text are not supported.",
            files=[path],
        )  # fmt: skip
    if fields.get("headersize", "0") not in {"0"}:
        raise _invalid(path, "HeaderSize is not supported")
    remarks = _check_axes(path, fields, dimensions=len(size))
    files, stored = _pixels(path, fields, end)
    components = _integers(path, fields, "elementnumberofchannels", default=1)[0]
    compressed = fields.get("compresseddata", "false").lower() in {"true", "1"}
    return Claim(
        files=files,
        size=size,
        components=components,
        item_bytes=_ITEM_BYTES[element],
        stored_bytes=None if compressed else stored,
        packed=_packed(path, fields, files, end) if compressed else None,
        remarks=remarks,
    )


def _packed(path: Path, fields: dict[str, str], files: tuple[Path, ...], end: int) -> Packed:
    start = end if len(files) == 1 else 0
    length = None
    if "compresseddatasize" in fields:
        length = _integers(path, fields, "compresseddatasize")[0]
        if not 0 < length <= files[-1].stat().st_size - start:
            raise ConversionError(
                "TruncatedPixelData",
                f"The file does not hold the {length} bytes of compressed pixels it announces.",
                files=files,
            )
    return Packed(files[-1], start=start, length=length)


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """Return the keys in lower case and where the header ends (after ElementDataFile)."""
    raw = read_text_header(path)
    fields: dict[str, str] = {}
    position = 0
    while (end := raw.find(b"\n", position)) >= 0:
        key, separator, value = raw[position:end].decode("latin-1").partition("=")
        position = end + 1
        key = key.strip().lower()
        if not separator:
            if key:
                raise _invalid(path, "A line of the header has no value")
            continue
        if key in fields:
            raise _invalid(path, f"{key[:32]!r} is there twice")
        fields[key] = value.strip()
        if key == "elementdatafile":
            return fields, position
    raise _invalid(path, "The header does not end")


def _pixels(path: Path, fields: dict[str, str], end: int) -> tuple[tuple[Path, ...], int]:
    name = fields["elementdatafile"]
    if name.upper() == "LOCAL":
        return (path,), path.stat().st_size - end
    if name.upper().startswith("LIST") or "%" in name:
        raise ConversionError(
            "UnsupportedFormat", "MetaImage headers with several data files are not supported.",
            files=[path],
        )  # fmt: skip
    data = data_file(path, name)
    return (path, data), data.stat().st_size


def _check_axes(path: Path, fields: dict[str, str], *, dimensions: int) -> tuple[Remark, ...]:
    spacing = [abs(value) for value in _numbers(path, fields, "elementspacing")]
    if spacing and (len(spacing) != dimensions or not all(value > 0 for value in spacing)):
        raise _invalid(path, "ElementSpacing is not positive")
    key = next((key for key in _ORIENTATION_KEYS if key in fields), None)
    remarks = [] if spacing else [Remark("NoSpacing", "The header states no ElementSpacing.")]
    if key is None:
        remarks.append(Remark("NoOrientation", "The header states no TransformMatrix."))
        return tuple(remarks)
    matrix = np.array(_numbers(path, fields, key))
    if matrix.size != dimensions**2:
        raise _invalid(path, f"{key} does not have {dimensions**2} numbers")
    matrix = matrix.reshape(dimensions, dimensions)
    if not np.allclose(matrix @ matrix.T, np.eye(dimensions), atol=1e-3):
        raise ConversionError(
            "NonOrthogonal", "The axes are not perpendicular unit vectors.", files=[path]
        )
    return tuple(remarks)


def _integers(
    path: Path, fields: dict[str, str], key: str, *, default: int | None = None
) -> list[int]:
    values = _numbers(path, fields, key)
    if not values and default is not None:
        return [default]
    if not values or not all(value == int(value) for value in values):
        raise _invalid(path, f"{key} is missing or no whole number")
    return [int(value) for value in values]


def _numbers(path: Path, fields: dict[str, str], key: str) -> list[float]:
    try:
        values = [float(part) for part in fields.get(key, "").split()]
    except ValueError as error:
        raise _invalid(path, f"{key} is no number") from error
    if not np.isfinite(values).all():
        raise _invalid(path, f"{key} is not finite")
    return values


def _invalid(path: Path, what: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The MetaImage header is wrong: {what}.", files=[path])
