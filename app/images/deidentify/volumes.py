"""NIfTI, MetaImage and NRRD without comments and descriptions; voxels and geometry stay."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.report import Report
from app.images.deidentify.text_headers import clean_metaimage, clean_nrrd

_BLOCK: Final = 1 << 20
_MOST_HEADER: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_ANALYZE_1: Final = {
    "data_type": (4, 10),
    "db_name": (14, 18),
    "extents": (32, 4),
    "session_error": (36, 2),
    "regular": (38, 1),
    "glmax": (140, 4),
    "glmin": (144, 4),
    "descrip": (148, 80),
    "aux_file": (228, 24),
    "intent_name": (328, 16),
}
_ANALYZE_2: Final = {
    "descrip": (240, 80),
    "aux_file": (320, 24),
    "intent_name": (508, 16),
    "unused_str": (525, 15),
}


def strip_nifti(source: Path, target: Path) -> Report:
    """Write a copy of a NIfTI file (.nii, .nii.gz or .hdr) without texts and extensions.

    Left out are descrip, aux_file, intent_name, db_name and the other fields of old, the header
    extensions and what follows the voxels. Raises DeidentificationError; `target` is then not left
    behind.
    """
    return _copied(source, target, _copy_nifti)


def strip_metaimage(source: Path, target: Path) -> Report:
    """Write a copy of a MetaImage file (.mha or .mhd) without comments and unknown keys.

    An .mhd names its data file, which has to be copied beside it. Raises DeidentificationError.
    """
    return _copied(source, target, _copy_metaimage)


def strip_nrrd(source: Path, target: Path) -> Report:
    """Write a copy of a NRRD file (.nrrd or .nhdr) without comments and key/value pairs.

    An .nhdr names its data file, which has to be copied beside it. Raises DeidentificationError.
    """
    return _copied(source, target, _copy_nrrd)


def _copied(
    source: Path, target: Path, copy: Callable[[BinaryIO, BinaryIO, Report], None]
) -> Report:
    report = Report(files=1)
    try:
        with source.open("rb") as packed, target.open("wb") as out:
            start = packed.read(2)
            packed.seek(0)
            if start == _GZIP:
                with gzip.open(packed) as file, _packed(out) as new:
                    copy(file, new, report)  # type: ignore[arg-type]
            else:
                copy(packed, out, report)
    except DeidentificationError:
        target.unlink(missing_ok=True)
        raise
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        target.unlink(missing_ok=True)
        raise DeidentificationError("Unreadable", "The file is damaged or ends early.") from error
    return report


def _packed(out: BinaryIO) -> gzip.GzipFile:
    """Compress without a name and time in the header."""
    return gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=1, mtime=0)


def _copy_nifti(file: BinaryIO, new: BinaryIO, report: Report) -> None:
    header = bytearray(_exactly(file, 348))
    order = next((o for o in "<>" if struct.unpack_from(f"{o}i", header)[0] in (348, 540)), "")
    second = bool(order) and struct.unpack_from(f"{order}i", header)[0] == 540
    header += _exactly(file, 192) if second else b""
    magic = bytes(header[4:7] if second else header[344:347])
    if not order or magic not in (b"n+1", b"n+2", b"ni1", b"ni2"):
        raise DeidentificationError("UnsupportedFormat", "This is no NIfTI file.")
    for name, (start, length) in (_ANALYZE_2 if second else _ANALYZE_1).items():
        if any(header[start : start + length]):
            report.add(name, "removed", "metadata")
            header[start : start + length] = bytes(length)
    if magic[:2] == b"ni":
        new.write(header)
        return
    layout, at = (f"{order}q", 168) if second else (f"{order}f", 108)
    offset = int(struct.unpack_from(layout, header, at)[0])
    _leave_out(file, offset - len(header), report)
    struct.pack_into(layout, header, at, (len(header) + 4 + 15) // 16 * 16)
    new.write(header + bytes((len(header) + 4 + 15) // 16 * 16 - len(header)))
    _copy_exactly(file, new, _nifti_bytes(header, order, second=second))
    if file.read(1):
        report.add("data after the voxels", "removed", "metadata")


def _leave_out(file: BinaryIO, length: int, report: Report) -> None:
    """Skip what lies between header and voxels."""
    if not 0 <= length <= 64 * _MOST_HEADER:
        raise ValueError("no place for voxels")
    if any(_exactly(file, length)):
        report.add("extensions", "removed", "metadata")


def _nifti_bytes(header: bytearray, order: str, *, second: bool) -> int:
    dims = struct.unpack_from(f"{order}8q", header, 16) if second else ()
    dims = dims or struct.unpack_from(f"{order}8h", header, 40)
    bits: int = struct.unpack_from(f"{order}h", header, 14 if second else 72)[0]
    if not 1 <= dims[0] <= 7 or any(dim < 1 for dim in dims[1 : dims[0] + 1]):
        raise ValueError("no dimensions")
    voxels: int = 1
    for dim in dims[1 : dims[0] + 1]:
        voxels *= dim
    return (voxels * bits + 7) // 8


def _copy_metaimage(file: BinaryIO, new: BinaryIO, report: Report) -> None:
    lines = list(
        _lines(file, last=lambda line: line.partition(b"=")[0].strip() == b"ElementDataFile")
    )
    header = clean_metaimage(lines, report)
    new.write(header.text)
    if header.is_local:
        _copy_voxels(file, new, length=header.data_bytes, encoding=header.encoding, report=report)


def _copy_nrrd(file: BinaryIO, new: BinaryIO, report: Report) -> None:
    lines = list(_lines(file, last=lambda line: not line.strip()))
    header = clean_nrrd(lines, report)
    new.write(header.text)
    if header.is_local:
        _copy_voxels(file, new, length=header.data_bytes, encoding=header.encoding, report=report)


def _lines(file: BinaryIO, *, last: Callable[[bytes], bool]) -> Iterator[bytes]:
    """Yield header lines up to the last one, or to the end of a header without voxels."""
    total = 0
    while total <= _MOST_HEADER:
        line = file.readline(_MOST_HEADER + 1)
        total += len(line)
        if not line:
            return
        yield line.rstrip(b"\r\n")
        if last(line):
            return
    raise ValueError("the header does not end")


def _copy_voxels(
    file: BinaryIO, new: BinaryIO, *, length: int | None, encoding: str, report: Report
) -> None:
    """Copy the voxels and nothing behind them."""
    if encoding == "raw" and length is not None:
        _copy_exactly(file, new, length)
    elif encoding == "gzip":
        with gzip.open(file) as inner, _packed(new) as outer:
            _copy_all(inner, outer)  # type: ignore[arg-type]
        return
    elif encoding == "zlib":
        unpacker = zlib.decompressobj()
        while not unpacker.eof:
            block = file.read(_BLOCK)
            if not block:
                raise EOFError
            unpacker.decompress(block)
            new.write(block[: len(block) - len(unpacker.unused_data)])
        if unpacker.unused_data:
            report.add("data after the voxels", "removed", "metadata")
            return
    else:
        raise DeidentificationError("UnsupportedFormat", "This encoding of voxels is not taken.")
    if file.read(1):
        report.add("data after the voxels", "removed", "metadata")


def _copy_exactly(file: BinaryIO, new: BinaryIO, length: int) -> None:
    while length > 0:
        block = _exactly(file, min(length, _BLOCK))
        new.write(block)
        length -= len(block)


def _copy_all(file: BinaryIO, new: BinaryIO) -> None:
    while block := file.read(_BLOCK):
        new.write(block)


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise EOFError
    return data
