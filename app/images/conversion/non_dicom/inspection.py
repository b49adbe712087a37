"""NIfTI, NRRD and MetaImage: check what a header claims before anything of its size is made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.images.conversion.issues import Remark
from app.images.conversion.limits import Limits
from app.images.conversion.model import Group
from app.images.conversion.non_dicom import metaimage_header, nifti_header, nrrd_header
from app.images.conversion.non_dicom.claim import Claim

_READERS = {
    "MetaImage": metaimage_header.inspect,
    "NIfTI": nifti_header.inspect,
    "NRRD": nrrd_header.inspect,
}
_NAMES = {name.lower(): name for name in _READERS}
_COLOR_TYPES = ("uint8", "uint16")


def inspect_volume(path: Path, found: str, *, limits: Limits) -> Group:
    """Return the group of a NIfTI, NRRD or MetaImage file and its data file.

    Raises InvalidHeader, UnsupportedPixelFormat, UnsupportedFormat, NonOrthogonal,
    MissingDataFile, UnsafePath, TruncatedPixelData or TooLarge.
    """
    claim = claim_of(path, _NAMES[found], limits=limits)
    return Group("volume", claim.files, format=_NAMES[found])


def claim_of(path: Path, name: str, *, limits: Limits) -> Claim:
    """Return the checked claim of a file whose format is `name`; raises as `inspect_volume`."""
    claim = _READERS[name](path)
    _check_shape(claim, limits=limits)
    if claim.pixels.packed:
        return claim
    stored = claim.pixels.stored_bytes
    if stored < claim.pixel_bytes:
        raise claim.error(
            "TruncatedPixelData",
            f"The file has {stored} bytes of pixels, {claim.pixel_bytes} are needed.",
        )
    return with_trailing(claim) if stored > claim.pixel_bytes else claim


def with_trailing(claim: Claim) -> Claim:
    """Return the claim of a file that has more bytes than its pixels take."""
    remark = Remark("TrailingData", "There are bytes after the last pixel.")
    return replace(claim, remarks=(*claim.remarks, remark))


def _check_shape(claim: Claim, *, limits: Limits) -> None:
    if not 2 <= len(claim.size) <= 4:
        raise claim.error(
            "UnsupportedPixelFormat", f"Images with {len(claim.size)} dimensions are not supported."
        )
    if claim.components not in (1, 3, 4):
        raise claim.error(
            "UnsupportedPixelFormat",
            f"Images with {claim.components} values per pixel are not supported.",
        )
    if claim.components > 1 and claim.dtype.name not in _COLOR_TYPES:
        raise claim.error(
            "UnsupportedPixelFormat", f"Colors of type {claim.dtype.name} are not supported."
        )
    if any(extent < 1 for extent in claim.size):
        raise claim.error("InvalidHeader", "An image dimension is not positive.")
    if claim.pixel_bytes > limits.image_bytes:
        raise claim.error(
            "TooLarge",
            f"The image takes {claim.pixel_bytes} bytes; at most {limits.image_bytes} are allowed.",
        )
    if not (np.isfinite([claim.slope, claim.intercept]).all() and claim.slope):
        raise claim.error("InvalidRescale", "The slope or intercept of the values is no number.")
