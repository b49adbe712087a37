"""Frames of multi-frame objects without functional groups: dose grids, and loops over time."""

from __future__ import annotations

from dataclasses import replace

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.frame import Frame
from app.images.conversion.dicom.header import Header
from app.images.conversion.dicom.vectors import along, normal_of
from app.images.conversion.issues import ConversionError


def grid_frames(header: Header, base: Frame) -> list[Frame]:
    """Place the planes of a dose grid (PS3.3 section C.8.8.3.2)."""
    offsets = header.numbers(tags.GRID_FRAME_OFFSETS)
    if len(offsets) != base.instance.frame_count:
        raise header.invalid(tags.GRID_FRAME_OFFSETS, "does not have one value per frame")
    if base.position is None or base.orientation is None:
        raise header.invalid(tags.POSITION, "is missing")
    normal = normal_of(base.orientation)
    if offsets[0] != 0:
        offsets = _relative_offsets(header, offsets, start=base.position[2], along_z=normal[2])
    return [
        replace(base, index=index, position=along(base.position, normal, offset))
        for index, offset in enumerate(offsets)
    ]


def _relative_offsets(
    header: Header, offsets: tuple[float, ...], *, start: float, along_z: float
) -> tuple[float, ...]:
    """Turn the other form of the vector, z coordinates in the patient, into distances."""
    if abs(abs(along_z) - 1) > 1e-3 or abs(offsets[0] - start) > 0.01:
        raise header.invalid(
            tags.GRID_FRAME_OFFSETS, "starts neither at zero nor at the position of the grid"
        )
    return tuple(round(along_z) * (value - offsets[0]) for value in offsets)


def cine_frames(header: Header, base: Frame) -> list[Frame]:
    """Frames over time. A volume object whose frames have no position is refused."""
    if base.instance.modality in {"CT", "MR", "PT", "NM"} and not header.has(tags.FRAME_TIME):
        raise ConversionError(
            "NoSliceOrder",
            "The file holds several frames and does not say where they lie.",
            files=[header.path],
        )
    base.position = base.orientation = None
    return [replace(base, index=index) for index in range(base.instance.frame_count)]
