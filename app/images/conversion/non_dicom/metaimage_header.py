"""Check a MetaImage header (itk.org/Wiki/MetaIO/Documentation)."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion.dicom.terms import UNITS
from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.non_dicom.claim import Claim, Pixels, data_file, read_text_header

_TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
_DIRECTIONS = ("transformmatrix", "rotation", "orientation")
_ORIGINS = ("offset", "position", "origin")
_KEPT = {
    "Modality": re.compile(r"MET_MOD_(CT|MR|NM|US|OTHER|UNKNOWN)"),
    "PhotometricInterpretation": re.compile(r"MONOCHROME[12]"),
    "RescaleType": re.compile("|".join(sorted(UNITS))),
    "Laterality": re.compile(r"[LRBU]"),
    "SliceThickness": None,
    "WindowCenter": None,
    "WindowWidth": None,
}
"""What is passed on beyond geometry: closed vocabularies and (None) numbers, nothing else."""
Fields = dict[str, str]


def inspect(path: Path) -> Claim:
    """Return what the header claims."""
    fields, end = _fields(path)
    size = tuple(_integers(path, fields, "dimsize"))
    if len(size) != _integers(path, fields, "ndims")[0]:
        raise _invalid(path, "DimSize does not fit NDims")
    if not 2 <= len(size) <= 4:
        raise ConversionError(
            "UnsupportedPixelFormat",
            f"Images with {len(size)} dimensions are not supported.",
            files=[path],
        )
    components = _integers(path, fields, "elementnumberofchannels", default=1)[0]
    dtype = _dtype(path, fields)
    wanted = math.prod(size) * components * dtype.itemsize
    files, pixels = _pixels(path, fields, end, wanted=wanted)
    spacing, axes, remarks = _axes(path, fields, count=len(size))
    if len(size) == 4:
        spacing = [*spacing[:3], 1.0]
        remarks.append(Remark("TimeStepUnknown", "The file does not state the unit of time."))
    return Claim(
        files=files,
        size=size,
        dtype=dtype,
        pixels=pixels,
        spacing=tuple(spacing),
        origin=_origin(path, fields, count=len(size)),
        axes=axes,
        components=components,
        spacing_valid=not any(remark.code == "NoSpacing" for remark in remarks),
        fields=_kept(fields),
        remarks=tuple(remarks),
    )


def _dtype(path: Path, fields: Fields) -> np.dtype[Any]:
    element = fields.get("elementtype", "")
    if element not in _TYPES:
        raise ConversionError(
            "UnsupportedPixelFormat",
            f"The element type {element[:32]!r} is not supported.",
            files=[path],
        )
    if not _flag(fields, "binarydata", default=True):
        raise ConversionError(
            "UnsupportedFormat", "MetaImage files with pixels as text are not supported.",
            files=[path],
        )  # fmt: skip
    big = _flag(fields, "binarydatabyteordermsb") or _flag(fields, "elementbyteordermsb")
    return np.dtype(_TYPES[element]).newbyteorder(">" if big else "<")


def _fields(path: Path) -> tuple[Fields, int]:
    """Return the keys in lower case and where the header ends (after ElementDataFile)."""
    raw = read_text_header(path)
    fields: Fields = {}
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


def _pixels(
    path: Path, fields: Fields, end: int, *, wanted: int
) -> tuple[tuple[Path, ...], Pixels]:
    name = fields["elementdatafile"]
    if name.upper().startswith("LIST") or "%" in name:
        raise ConversionError(
            "UnsupportedFormat", "MetaImage headers with several data files are not supported.",
            files=[path],
        )  # fmt: skip
    local = name.upper() == "LOCAL"
    data = path if local else data_file(path, name)
    files = (path,) if local else (path, data)
    start = end if local else 0
    skip = _integers(path, fields, "headersize", default=0)[0]
    if _flag(fields, "compresseddata"):
        if skip:
            raise _invalid(path, "HeaderSize does not go with compressed pixels")
        return files, _packed(path, fields, files, start)
    if skip and (local or skip < -1):
        raise _invalid(path, "HeaderSize is not supported")
    if skip == -1:  # the pixels are the end of the file
        skip = max(data.stat().st_size - wanted, 0)
    return files, Pixels(data, start=start + skip)


def _packed(path: Path, fields: Fields, files: tuple[Path, ...], start: int) -> Pixels:
    length = None
    if "compresseddatasize" in fields:
        length = _integers(path, fields, "compresseddatasize")[0]
        if not 0 < length <= files[-1].stat().st_size - start:
            raise ConversionError(
                "TruncatedPixelData",
                f"The file does not hold the {length} bytes of compressed pixels it announces.",
                files=files,
            )
    return Pixels(files[-1], start=start, packed=True, length=length)


def _axes(
    path: Path, fields: Fields, *, count: int
) -> tuple[list[float], tuple[tuple[float, ...], ...], list[Remark]]:
    """Return spacing and unit vectors; a negative spacing turns its axis round, as ITK does."""
    spacing = _numbers(path, fields, "elementspacing") or _numbers(path, fields, "elementsize")
    if spacing and (len(spacing) != count or not all(spacing)):
        raise _invalid(path, f"ElementSpacing is not {count} numbers other than zero")
    remarks = [] if spacing else [Remark("NoSpacing", "The header states no ElementSpacing.")]
    spacing = spacing or [1.0] * count
    matrix = np.eye(count)
    stated = _agreed(path, fields, _DIRECTIONS, count=count**2)
    if stated:
        matrix = np.array(stated).reshape(count, count)
    else:
        remarks.append(Remark("NoOrientation", "The header states no TransformMatrix."))
    if not np.allclose(matrix @ matrix.T, np.eye(count), atol=1e-3):
        raise ConversionError(
            "NonOrthogonal", "The axes are not perpendicular unit vectors.", files=[path]
        )
    if count == 4 and not np.allclose(matrix[3], (0, 0, 0, 1), atol=1e-3):
        raise _invalid(path, "The fourth axis is not time")
    matrix = matrix * np.sign(spacing)[:, None]
    axes = tuple(tuple(float(value) for value in row) for row in matrix)
    return [abs(value) for value in spacing], axes, remarks


def _origin(path: Path, fields: Fields, *, count: int) -> tuple[float, ...]:
    stated = _agreed(path, fields, _ORIGINS, count=count) or (0.0,) * count
    return (*stated[:3], 0.0)[:count] if count == 4 else tuple(stated)


def _agreed(path: Path, fields: Fields, keys: tuple[str, ...], *, count: int) -> tuple[float, ...]:
    """Return the numbers of whichever of these synonyms is there; they must not differ."""
    found = {key: tuple(_numbers(path, fields, key)) for key in keys if key in fields}
    for key, values in found.items():
        if len(values) != count:
            raise _invalid(path, f"{key} does not have {count} numbers")
    if len(set(found.values())) > 1:
        raise _invalid(path, f"{' and '.join(found)} contradict each other")
    return next(iter(found.values()), ())


def _kept(fields: Fields) -> dict[str, str]:
    kept = {}
    for key, allowed in _KEPT.items():
        value = fields.get(key.lower(), "")
        if allowed is not None:
            if allowed.fullmatch(value):
                kept[key] = value
            continue
        try:
            number = float(value)
        except ValueError:
            continue
        if math.isfinite(number):
            kept[key] = repr(number)
    return kept


def _flag(fields: Fields, key: str, *, default: bool = False) -> bool:
    return fields.get(key, str(default))[:1].lower() in {"t", "1", "y"}


def _integers(path: Path, fields: Fields, key: str, *, default: int | None = None) -> list[int]:
    values = _numbers(path, fields, key)
    if not values and default is not None:
        return [default]
    if not values or not all(value == int(value) for value in values):
        raise _invalid(path, f"{key} is missing or no whole number")
    return [int(value) for value in values]


def _numbers(path: Path, fields: Fields, key: str) -> list[float]:
    try:
        values = [float(part) for part in fields.get(key, "").split()]
    except ValueError as error:
        raise _invalid(path, f"{key} is no number") from error
    if not np.isfinite(values).all():
        raise _invalid(path, f"{key} is not finite")
    return values


def _invalid(path: Path, what: str) -> ConversionError:
    return ConversionError("InvalidHeader", f"The MetaImage header is wrong: {what}.", files=[path])
