"""NIfTI, MetaImage and NRRD without comments and descriptions."""

from __future__ import annotations

from pathlib import Path

from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.report import Report


def strip_nifti(source: Path, target: Path) -> Report:
    """Write a copy of a NIfTI file without descriptions, names and extensions."""
    raise DeidentificationError("UnsupportedFormat", "NIfTI files are not taken.")


def strip_metaimage(source: Path, target: Path) -> Report:
    """Write a copy of a MetaImage file without comments and unknown keys."""
    raise DeidentificationError("UnsupportedFormat", "MetaImage files are not taken.")


def strip_nrrd(source: Path, target: Path) -> Report:
    """Write a copy of a NRRD file without comments and key/value pairs."""
    raise DeidentificationError("UnsupportedFormat", "NRRD files are not taken.")
