"""TIFF by its directories (TIFF 6.0, section 2): a new file with the tags that pixels need."""

from __future__ import annotations

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.report import Report


def stripped_tiff(data: bytes, report: Report) -> bytes:
    """Return the TIFF without descriptions, dates, names and private tags."""
    raise DeidentificationError("UnsupportedFormat", "TIFF files are not taken.")
