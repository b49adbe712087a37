"""Look at every file and sort all into groups, without reading pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.images.conversion.dicom.deflated import check_deflated
from app.images.conversion.dicom.frame import Frame
from app.images.conversion.dicom.grouping import group_frames
from app.images.conversion.dicom.instance import read_frames
from app.images.conversion.dicom.reading import read_header
from app.images.conversion.issues import ConversionError, FileIssue
from app.images.conversion.limits import Limits
from app.images.conversion.model import ScanResult
from app.images.conversion.non_dicom.inspection import inspect_volume
from app.images.conversion.non_dicom.picture import inspect_picture
from app.images.conversion.sniff import Format, sniff

OnFile = Callable[[Path], None]
_REFUSED: dict[Format, tuple[str, str]] = {
    "empty": ("EmptyFile", "The file is empty."),
    "system": ("SystemFile", "This file belongs to an operating system, not to an image."),
    "slide": ("WholeSlide", "This is a whole-slide image."),
    "zip": ("UnsupportedArchive", "Archives inside this archive are not opened."),
    "tar": ("UnsupportedArchive", "Archives inside this archive are not opened."),
    "archive": ("UnsupportedArchive", "This kind of archive is not supported."),
    "gzip": ("UnsupportedFormat", "The compressed file holds no image format we know."),
    "other image": ("UnsupportedFormat", "This picture format is not supported."),
    "damaged image": ("InvalidHeader", "The file does not begin as its name says; it is damaged."),
    "unknown": ("UnknownFormat", "The file is in no image format we know."),
}


def scan(
    paths: Sequence[Path], *, limits: Limits | None = None, on_file: OnFile | None = None
) -> ScanResult:
    """Sort files into groups that each become one image; name a reason for each other file.

    Every path ends up in exactly one group's `files` or in `skipped`, except that one DICOM file
    may feed several groups (frames of different orientation). No exception leaves.
    """
    limits = limits or Limits()
    result = ScanResult()
    dicom: list[list[Frame]] = []
    for path in paths:
        if on_file is not None:
            on_file(path)
        try:
            _scan_file(path, result=result, dicom=dicom, limits=limits)
        except ConversionError as error:
            result.skipped += error.issues([path])
        except Exception as error:  # noqa: BLE001 (one bad file never stops the others)
            result.skipped.append(unforeseen(path, error))
    groups, duplicates = group_frames(dicom)
    result.groups += groups
    result.skipped = _without_data_files(result, [*result.skipped, *duplicates])
    return result


def _scan_file(path: Path, *, result: ScanResult, dicom: list[list[Frame]], limits: Limits) -> None:
    found = _format_of(path)
    if found in _REFUSED:
        code, message = _REFUSED[found]
        result.skipped.append(FileIssue.of(path, code, message))
    elif found in ("dicom", "maybe dicom"):
        dicom.append(_dicom_frames(path, limits=limits))
    elif found in ("png", "jpeg", "tiff"):
        result.groups.append(inspect_picture(path, limits=limits))
    else:
        result.groups.append(inspect_volume(path, found, limits=limits))


def _dicom_frames(path: Path, *, limits: Limits) -> list[Frame]:
    check_deflated(path, limit=limits.deflated_bytes)
    header = read_header(path, size_limit=limits.header_bytes)
    try:
        return read_frames(header, limits=limits)
    except (ConversionError, MemoryError, OSError):
        raise
    except Exception as error:  # pydicom raises many kinds when it looks at malformed values
        raise ConversionError(
            "InvalidHeader",
            f"An attribute of the header cannot be read ({type(error).__name__}).",
            files=[path],
        ) from error


def _format_of(path: Path) -> Format:
    if path.is_symlink():
        raise ConversionError("UnsafePath", "Links are not followed.", files=[path])
    try:
        if not path.is_file():
            raise ConversionError("Unreadable", "This is no plain file.", files=[path])
        return sniff(path)
    except OSError as error:
        raise ConversionError("Unreadable", "The file cannot be read.", files=[path]) from error


def unforeseen(path: Path, error: Exception) -> FileIssue:
    """Return the issue for an exception nobody foresaw; its text may hold data, its type not."""
    if isinstance(error, MemoryError):
        return FileIssue.of(path, "TooLarge", "The file needs more memory than is allowed.")
    return FileIssue.of(
        path, "InternalError", f"The converter failed on this file ({type(error).__name__})."
    )


def _without_data_files(result: ScanResult, skipped: list[FileIssue]) -> list[FileIssue]:
    """Leave out issues of raw data that belongs to a header, and issues said twice.

    Raw pixels may begin with any bytes, those of another format too.
    """
    claimed = {
        file for group in result.groups if group.kind == "volume" for file in group.files[1:]
    }
    kept: dict[Path, FileIssue] = {}
    for issue in skipped:
        if issue.file in claimed:
            continue
        if issue.file not in kept or kept[issue.file].code == "UnknownFormat":
            kept[issue.file] = issue
    return list(kept.values())
