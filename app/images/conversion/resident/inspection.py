"""Formats that are read whole: check the header ourselves before a library sees the file."""

from __future__ import annotations

from pathlib import Path

from app.images.conversion.limits import Limits
from app.images.conversion.model import Group
from app.images.conversion.resident import metaimage_header, nifti_header, nrrd_header
from app.images.conversion.resident.claim import Claim

_READERS = {
    "metaimage": ("MetaImage", metaimage_header.inspect),
    "nifti": ("NIfTI", nifti_header.inspect),
    "nrrd": ("NRRD", nrrd_header.inspect),
}


def inspect_resident(path: Path, found: str, *, limits: Limits) -> Group:
    """Return the group of a NIfTI, NRRD or MetaImage file and its data file.

    Raises InvalidHeader, UnsupportedPixelFormat, UnsupportedFormat, NonOrthogonal,
    MissingDataFile, UnsafePath, TruncatedPixelData or TooLarge.
    """
    name, inspect = _READERS[found]
    claim = inspect(path)
    _check(claim, limits=limits)
    return Group(
        "resident",
        claim.files,
        format=name,
        remarks=list(claim.remarks),
        time_scale=claim.time_scale,
    )


def _check(claim: Claim, *, limits: Limits) -> None:
    if not 2 <= len(claim.size) <= 4:
        raise claim.error(
            "UnsupportedPixelFormat", f"Images with {len(claim.size)} dimensions are not supported."
        )
    if claim.components not in (1, 3, 4):
        raise claim.error(
            "UnsupportedPixelFormat",
            f"Images with {claim.components} values per pixel are not supported.",
        )
    if any(extent < 1 for extent in claim.size):
        raise claim.error("InvalidHeader", "An image dimension is not positive.")
    if claim.pixel_bytes > limits.resident_bytes:
        raise claim.error(
            "TooLarge",
            f"The image takes {claim.pixel_bytes} bytes; at most {limits.resident_bytes} are "
            "allowed in this format.",
        )
    if claim.stored_bytes is not None and claim.stored_bytes < claim.pixel_bytes:
        raise claim.error(
            "TruncatedPixelData",
            f"The file has {claim.stored_bytes} bytes of pixels, {claim.pixel_bytes} are needed.",
        )
    if claim.packed is not None and not claim.packed.holds(claim.pixel_bytes):
        raise claim.error("TruncatedPixelData", "The compressed pixels end early or are damaged.")
