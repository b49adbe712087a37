"""Pictures without what cameras and programs write beside the pixels."""

from __future__ import annotations

from pathlib import Path

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.jpeg import stripped_jpeg
from app.images.deidentify.png import stripped_png
from app.images.deidentify.report import Report


def strip_picture(source: Path, target: Path) -> Report:
    """Write a copy of a PNG or JPEG picture that holds its pixels and how to show them.

    EXIF, GPS, XMP, IPTC, comments, texts, thumbnails, color profiles and whatever follows the
    picture are left out; pixels are not touched and the EXIF orientation stays. Raises
    DeidentificationError; `target` is then not written.
    """
    report = Report(files=1)
    try:
        data = source.read_bytes()
        if data[:2] == b"\xff\xd8":
            clean = stripped_jpeg(data, report)
        elif data[:8] == b"\x89PNG\r\n\x1a\n":
            clean = stripped_png(data, report)
        else:
            raise DeidentificationError("UnsupportedFormat", "This is no PNG or JPEG file.")
    except OSError as error:
        raise DeidentificationError("Unreadable", "The file cannot be read.") from error
    target.write_bytes(clean)
    return report
