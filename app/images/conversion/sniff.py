"""Tell by its first bytes what a file is. The name decides only where the content cannot."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Literal

from app.images.conversion.dicom.reading import looks_like_dicom

Format = Literal[
    "empty", "system", "dicom", "maybe dicom", "nifti", "nrrd", "metaimage", "png", "jpeg",
    "tiff", "slide", "zip", "tar", "gzip", "archive", "other image", "damaged image", "unknown",
]  # fmt: skip

_START_BYTES = 1024
_SYSTEM_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", "._.ds_store"})
_SLIDE_SUFFIXES = frozenset(
    {".svs", ".ndpi", ".mrxs", ".scn", ".vms", ".vmu", ".bif", ".czi", ".isyntax", ".vsi"}
)
_PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".nrrd", ".nhdr", ".mha"})
_IMAGE_MAGICS = (b"GIF8", b"BM", b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51", b"RIFF")
_ARCHIVE_MAGICS = (
    b"BZh",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x28\xb5\x2f\xfd",
)
_NIFTI_MAGICS = frozenset({b"n+1\0", b"ni1\0", b"n+2\0", b"ni2\0"})


def sniff(path: Path) -> Format:
    """Return what the file is. Raises OSError when it cannot be read."""
    if path.name.lower() in _SYSTEM_NAMES or path.name.startswith("._"):
        return "system"
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if not start:
        return "empty"
    if path.suffix.lower() in _SLIDE_SUFFIXES:
        return "slide"
    return _by_content(start) or _by_name(path) or _guess_dicom(start)


def is_archive(path: Path) -> bool:
    """Tell whether `archives.unpack` is meant for the file (content decides, not the name)."""
    return not path.is_symlink() and path.is_file() and sniff(path) in ("zip", "tar")


def _by_content(start: bytes) -> Format | None:  # noqa: PLR0911 (a table of magics)
    if looks_like_dicom(start):
        return "dicom"
    if start[:4] == b"\x89PNG":
        return "png"
    if start[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if start[257:262] == b"ustar":
        return "tar"
    if start[:2] == b"\x1f\x8b":
        return _inside_gzip(start)
    if start[:4] == b"NRRD":
        return "nrrd"
    if _is_nifti(start):
        return "nifti"
    if _is_metaimage(start):
        return "metaimage"
    if start.startswith(_ARCHIVE_MAGICS):
        return "archive"
    return "other image" if start.startswith(_IMAGE_MAGICS) else None


def _is_nifti(start: bytes) -> bool:
    return start[344:348] in _NIFTI_MAGICS or start[4:8] in _NIFTI_MAGICS


def _is_metaimage(start: bytes) -> bool:
    lines = start[:512].split(b"\n")[:6]
    keys = {line.split(b"=")[0].strip().lower() for line in lines if b"=" in line}
    return bool(keys & {b"objecttype", b"ndims"})


def _inside_gzip(start: bytes) -> Format:
    """Look into the first bytes of a gzip stream: NIfTI and tar come compressed."""
    try:
        inside = zlib.decompressobj(31).decompress(start, 1024)
    except zlib.error:
        return "gzip"
    if _is_nifti(inside):
        return "nifti"
    return "tar" if inside[257:262] == b"ustar" else "gzip"


def _by_name(path: Path) -> Format | None:
    suffix = path.suffix.lower()
    if suffix in _PICTURE_SUFFIXES:
        return "damaged image"
    return "maybe dicom" if suffix in {".dcm", ".dicom", ".ima"} else None


def _guess_dicom(start: bytes) -> Format:
    """Old DICOM files have no prefix: they start with a small even group number (PS3.10)."""
    little = int.from_bytes(start[:2], "little")
    return "maybe dicom" if little in (0x0002, 0x0004, 0x0008) and len(start) > 16 else "unknown"
