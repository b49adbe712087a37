"""Verbs on annotations."""

from viewer.annotations.services.changes import Change, Outcome, take_changes
from viewer.annotations.services.copies import Copy, begin_copy
from viewer.annotations.services.exports import (
    measurements,
    measurements_csv,
    write_mask,
    write_nifti,
)
from viewer.annotations.services.masks import voxel_counts
from viewer.annotations.services.publishing import publish_mask

__all__ = [
    "Change",
    "Copy",
    "Outcome",
    "begin_copy",
    "measurements",
    "measurements_csv",
    "publish_mask",
    "take_changes",
    "voxel_counts",
    "write_mask",
    "write_nifti",
]
