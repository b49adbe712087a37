"""The text headers of MetaImage and NRRD, rebuilt from the keys that voxels and geometry need."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.report import Report

_NUMBERS: Final = re.compile(r"[-+0-9.eE\s]*")
_WORDS: Final = re.compile(r"[A-Za-z0-9_?]{1,32}")
_LETTERS: Final = re.compile(r"[A-Za-z?]{1,8}")
_META_NUMBERS: Final = frozenset(
    {"NDims", "CompressedDataSize", "TransformMatrix", "Rotation", "Orientation", "Offset"}
    | {"Position", "Origin", "CenterOfRotation", "ElementSpacing", "ElementSize", "DimSize"}
    | {"ElementNumberOfChannels", "HeaderSize", "ElementMin", "ElementMax"}
    | {"ElementToIntensityFunctionSlope", "ElementToIntensityFunctionOffset"}
)
_META_FLAGS: Final = frozenset(
    {"BinaryData", "BinaryDataByteOrderMSB", "ElementByteOrderMSB", "CompressedData"}
)
_META_TERMS: Final = frozenset({"ObjectType", "ObjectSubType", "ElementType", "Modality"})
_META_SIZES: Final = {
    "MET_CHAR": 1,
    "MET_UCHAR": 1,
    "MET_SHORT": 2,
    "MET_USHORT": 2,
    "MET_INT": 4,
    "MET_UINT": 4,
    "MET_LONG": 8,
    "MET_ULONG": 8,
    "MET_LONG_LONG": 8,
    "MET_ULONG_LONG": 8,
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}
_VECTOR: Final = re.compile(r"[-+0-9.eE,()\snoa]*")
_NRRD_NUMBERS: Final = frozenset(
    {"dimension", "space dimension", "sizes", "spacings", "thicknesses", "axis mins", "axismins"}
    | {"axis maxs", "axismaxs", "min", "max", "old min", "oldmin", "old max", "oldmax"}
    | {"space directions", "space origin", "measurement frame", "line skip", "lineskip"}
    | {"byte skip", "byteskip", "block size", "blocksize"}
)
_NRRD_TERMS: Final = frozenset(
    {"type", "encoding", "endian", "space", "kinds", "centers", "centerings"}
)
_NRRD_UNITS: Final = frozenset({"units", "space units", "sample units"})
_TERMS: Final = re.compile(r"[A-Za-z0-9\s?*-]{0,200}")
_UNITS: Final = re.compile(r'(\s*"(mm|cm|m|um|ms|s|sec|none|no|HU|)"\s*|\s*(mm|none|\?\?\?)\s*)*')
_NRRD_SIZES: Final = {
    **dict.fromkeys(("signed char", "int8", "int8_t", "uchar", "unsigned char", "uint8"), 1),
    **dict.fromkeys(("uint8_t",), 1),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16"), 2),
    **dict.fromkeys(("int16_t", "ushort", "unsigned short", "unsigned short int", "uint16"), 2),
    **dict.fromkeys(("uint16_t",), 2),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t", "uint", "unsigned int"), 4),
    **dict.fromkeys(("uint32", "uint32_t", "float"), 4),
    **dict.fromkeys(("longlong", "long long", "long long int", "int64", "int64_t"), 8),
    **dict.fromkeys(("ulonglong", "unsigned long long", "uint64", "uint64_t", "double"), 8),
}
_FILE_NAME: Final = re.compile(r"[^\0\r\n]{1,255}")


@dataclass(frozen=True, slots=True)
class CleanHeader:
    """A header to write, and how the voxels behind it are stored.

    `is_local` tells whether they follow in the same file; `data_bytes` is their length where it is
    known.
    """

    text: bytes
    is_local: bool
    data_bytes: int | None
    encoding: str


def clean_metaimage(lines: list[bytes], report: Report) -> CleanHeader:
    """Return the MetaImage header without comments, unknown keys and unfit values."""
    fields: dict[str, str] = {}
    for line in lines:
        key, separator, value = line.decode("latin-1").partition("=")
        key, value = key.strip(), value.strip()
        if not separator:
            if key:
                report.add("comment", "removed", "metadata")
        elif _fits_metaimage(key, value):
            fields[key] = value
        else:
            report.add(_shown(key, _META_KNOWN), "removed", "metadata")
    if "ElementDataFile" not in fields or "DimSize" not in fields:
        raise DeidentificationError("UnsupportedFormat", "This is no MetaImage file.")
    local = fields["ElementDataFile"].upper() == "LOCAL"
    compressed = fields.get("CompressedData", "False").upper().startswith("T")
    text = "".join(f"{key} = {value}\n" for key, value in fields.items())
    return CleanHeader(
        text.encode("latin-1"),
        local,
        _metaimage_bytes(fields) if local and not compressed else None,
        "zlib" if compressed else "raw",
    )


def _fits_metaimage(key: str, value: str) -> bool:
    if key in _META_NUMBERS:
        return _NUMBERS.fullmatch(value) is not None
    if key in _META_FLAGS:
        return value.lower() in {"true", "false", "t", "f", "0", "1"}
    if key == "AnatomicalOrientation":
        return _LETTERS.fullmatch(value) is not None
    if key in _META_TERMS:
        return _WORDS.fullmatch(value) is not None and value.upper() in _META_VALUES
    return key == "ElementDataFile" and _FILE_NAME.fullmatch(value) is not None


_META_VALUES: Final = frozenset(
    {"IMAGE", *_META_SIZES}
    | {"MET_MOD_CT", "MET_MOD_MR", "MET_MOD_NM", "MET_MOD_US", "MET_MOD_OTHER", "MET_MOD_UNKNOWN"}
)
_META_KNOWN: Final = frozenset({"Comment", "Name", "ID", "AcquisitionDate"})


def _metaimage_bytes(fields: dict[str, str]) -> int:
    try:
        voxels = math.prod(int(part) for part in fields["DimSize"].split())
        channels = int(fields.get("ElementNumberOfChannels", "1"))
        return voxels * channels * _META_SIZES[fields["ElementType"].upper()]
    except (KeyError, ValueError) as error:
        raise DeidentificationError("Unreadable", "The header does not tell its size.") from error


def clean_nrrd(lines: list[bytes], report: Report) -> CleanHeader:
    """Return the NRRD header without comments, key/value pairs and unfit values."""
    if not lines or not lines[0].startswith(b"NRRD000"):
        raise DeidentificationError("UnsupportedFormat", "This is no NRRD file.")
    kept, fields = [lines[0][:8].decode("latin-1")], {}
    names: list[str] = []
    listed = False
    for line in lines[1:]:
        text = line.decode("latin-1")
        key, separator, value = text.partition(":")
        key, value = key.strip().lower(), value.strip()
        if listed and text.strip():
            names.append(text)
        elif not text.strip():
            continue
        elif text.startswith("#") or ":=" in text or not separator:
            report.add(
                "comment" if text.startswith("#") else "key/value pair", "removed", "metadata"
            )
        elif key in {"data file", "datafile"}:
            names.append(text)
            listed = value.upper().startswith("LIST")
        elif _fits_nrrd(key, value):
            kept.append(f"{key}: {value}")
            fields[key] = value
        else:
            report.add(_shown(key, {"content", "labels", "number"}), "removed", "metadata")
    text = "\n".join([*kept, *names]) + "\n" + ("" if names else "\n")
    encoding = {"gz": "gzip", "txt": "text", "text": "text", "ascii": "text"}
    stated = fields.get("encoding", "raw").lower()
    return CleanHeader(
        text.encode("latin-1"),
        not names,
        _nrrd_bytes(fields) if not names else None,
        encoding.get(stated, stated),
    )


def _fits_nrrd(key: str, value: str) -> bool:
    if key in _NRRD_NUMBERS:
        return _VECTOR.fullmatch(value.replace("nan", "").replace("none", "")) is not None
    if key in _NRRD_UNITS:
        return _UNITS.fullmatch(value) is not None
    if key not in _NRRD_TERMS or not _TERMS.fullmatch(value):
        return False
    return all(part.lower() in _NRRD_VALUES for part in re.split(r"[\s-]+", value))


_NRRD_VALUES: Final = frozenset(
    " ".join(
        (
            *_NRRD_SIZES,
            "raw gz gzip bz2 bzip2 hex txt text ascii little big ??? none cell node 2d 3d",
            "right left anterior posterior superior inferior time scanner xyz handed",
            "ras las lps rast last lpst block domain space list point vector color",
            "covariant normal stub scalar complex 2 3 4 rgb rgba hsv gradient",
            "quaternion symmetric masked matrix",
        )
    ).split()
)


def _nrrd_bytes(fields: dict[str, str]) -> int | None:
    if any(
        fields.get(key, "0") != "0" for key in ("line skip", "lineskip", "byte skip", "byteskip")
    ):
        raise DeidentificationError("UnsupportedFormat", "Skipped bytes may hold anything.")
    try:
        voxels = math.prod(int(part) for part in fields["sizes"].split())
        return voxels * _NRRD_SIZES[fields["type"].lower()]
    except (KeyError, ValueError) as error:
        raise DeidentificationError("Unreadable", "The header does not tell its size.") from error


def _shown(key: str, known: frozenset[str] | set[str]) -> str:
    """Return a key for the report: unknown ones may be anything."""
    return key if key in known else "unknown key"
