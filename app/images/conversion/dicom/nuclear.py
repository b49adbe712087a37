"""Frames of multi-frame nuclear medicine images (PS3.3 section C.8.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.frame import Frame, Triple
from app.images.conversion.dicom.header import Header
from app.images.conversion.dicom.vectors import along, normal_of
from app.images.conversion.issues import ConversionError

_SLICE_VECTOR = 0x00540080


def nuclear_frames(header: Header, base: Frame) -> list[Frame]:
    """Place the slices of a reconstructed tomogram; every other kind is refused by name.

    Reconstructed slices lie SpacingBetweenSlices apart along the normal, from the position of the
    (single) detector, in the order of SliceVector.
    """
    if "RECON TOMO" not in base.instance.image_type:
        raise _refused(header, "only reconstructed tomograms have known slice positions")
    position, orientation = _detector_geometry(header)
    gap = base.instance.slice_gap
    if gap is None or gap == 0:
        raise _refused(header, "SpacingBetweenSlices is missing")
    normal = normal_of(orientation)
    return [
        replace(
            base,
            index=index,
            position=along(position, normal, (number - 1) * gap),
            orientation=orientation,
        )
        for index, number in enumerate(_slice_numbers(header, base.instance.frame_count))
    ]


def _detector_geometry(header: Header) -> tuple[Triple, tuple[float, ...]]:
    detectors: list[Any] = list(getattr(header.dataset, "DetectorInformationSequence", None) or ())
    if len(detectors) != 1:
        raise _refused(header, "it does not describe exactly one detector")
    try:
        position = _floats(detectors[0].ImagePositionPatient)
        orientation = _floats(detectors[0].ImageOrientationPatient)
    except (AttributeError, TypeError, ValueError) as error:
        raise _refused(header, "the detector's position or orientation is missing") from error
    if len(position) != 3 or len(orientation) != 6:
        raise _refused(header, "the detector's position or orientation is incomplete")
    return (position[0], position[1], position[2]), orientation


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _slice_numbers(header: Header, frame_count: int) -> list[int]:
    assert header.dataset is not None  # noqa: S101 (nuclear objects are read by pydicom)
    vector = header.dataset.get(_SLICE_VECTOR)
    numbers = [int(value) for value in vector.value] if vector is not None else []
    if sorted(numbers) != list(range(1, frame_count + 1)):
        raise _refused(header, "SliceVector does not number each frame once")
    return numbers


def _refused(header: Header, why: str) -> ConversionError:
    return ConversionError(
        "NoSliceOrder",
        f"The slices of this nuclear medicine image cannot be placed: {why}.",
        files=[header.path],
        tag=tags.show(tags.FRAME_INCREMENT_POINTER),
    )
