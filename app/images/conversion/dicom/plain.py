"""The one frame of a file that states its geometry and values at top level."""

from __future__ import annotations

from typing import cast

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.frame import Frame, Instance, Triple
from app.images.conversion.dicom.header import Header
from app.images.conversion.dicom.moments import moment
from app.images.conversion.issues import ConversionError

_PROJECTIONS = frozenset({"CR", "DX", "MG", "XA", "RF", "IO", "PX", "RG"})


def plain_frame(header: Header, instance: Instance) -> Frame:
    """Read the geometry and values of a file that states them at top level."""
    position = header.vector(tags.POSITION, 3)
    orientation = header.vector(tags.ORIENTATION, 6)
    slope, intercept = _rescale(header)
    return Frame(
        instance,
        position=cast("Triple | None", position),
        orientation=orientation if position is not None else None,
        spacing=_spacing(header, instance),
        slope=slope,
        intercept=intercept,
        echo=header.lenient_number(tags.ECHO_TIME),
        component=_component(header, instance),
        times=_times(header),
    )


def _rescale(header: Header) -> tuple[float, float]:
    """Return slope and intercept of the modality transformation (or the dose grid scaling)."""
    scaling = header.number(tags.DOSE_GRID_SCALING)
    if scaling is not None:
        return _checked_slope(header, scaling, tags.DOSE_GRID_SCALING), 0.0
    slope = header.number(tags.RESCALE_SLOPE)
    intercept = header.number(tags.RESCALE_INTERCEPT)
    if slope is None and intercept is None:
        return 1.0, 0.0
    slope = 1.0 if slope is None else _checked_slope(header, slope, tags.RESCALE_SLOPE)
    return slope, intercept or 0.0


def _checked_slope(header: Header, slope: float, tag: int) -> float:
    if slope == 0:
        raise ConversionError(
            "InvalidRescale", "The rescale slope is zero.", files=[header.path], tag=tags.show(tag)
        )
    return slope


def _spacing(header: Header, instance: Instance) -> tuple[float, float] | None:
    for tag in (tags.PIXEL_SPACING, tags.IMAGER_PIXEL_SPACING, tags.NOMINAL_SCANNED_PIXEL_SPACING):
        values = header.numbers(tag)
        if not values:
            continue
        if len(values) != 2 or not all(value > 0 for value in values):
            if tag == tags.PIXEL_SPACING and not all(value == 0 for value in values):
                raise header.invalid(tag, "does not hold two positive numbers")
            continue
        instance.calibrated = tag == tags.PIXEL_SPACING and not _at_detector(header, values)
        return (values[0], values[1])
    return None


def _at_detector(header: Header, spacing: tuple[float, ...]) -> bool:
    """Tell whether a projection's PixelSpacing is but that of the detector (PS3.3 10.7.1.3)."""
    if header.text(tags.MODALITY) not in _PROJECTIONS or header.has(tags.SPACING_CALIBRATION):
        return False
    return header.numbers(tags.IMAGER_PIXEL_SPACING) == spacing


def pixel_aspect(header: Header) -> tuple[float, float]:
    """Return height and width of a pixel from PixelAspectRatio, 1 mm wide; square without."""
    ratio = header.lenient_numbers(tags.PIXEL_ASPECT_RATIO)
    if len(ratio) != 2 or not all(value > 0 for value in ratio):
        return (1.0, 1.0)
    return (ratio[0] / ratio[1], 1.0)


def _component(header: Header, instance: Instance) -> str:
    """Tell magnitude, phase, water, trace images and localizers apart (they share a series)."""
    if instance.modality != "MR":
        return "LOCALIZER" if "LOCALIZER" in instance.image_type[2:] else ""
    parts = list(instance.image_type[2:])
    kinds = header.numbers(tags.GE_IMAGE_TYPE)
    if kinds:
        parts.append(f"GE{int(kinds[0])}")
    return "/".join(parts)


def _times(header: Header) -> dict[str, tuple[float, ...]]:
    """Collect what may tell time points apart."""
    found: dict[str, tuple[float, ...]] = {}
    for name, tag in (
        ("position", tags.TEMPORAL_POSITION),
        ("position", tags.TEMPORAL_POSITION_INDEX),
        ("trigger", tags.TRIGGER_TIME),
        ("reference", tags.FRAME_REFERENCE_TIME),
        ("acquisition", tags.ACQUISITION_NUMBER),
        ("b-value", tags.B_VALUE),
    ):
        value = header.lenient_number(tag)
        if value is not None:
            found[name] = (value,)
    gradient = header.lenient_numbers(tags.GRADIENT)
    if "b-value" in found and len(gradient) == 3:
        found["gradient"] = (*found["b-value"], *gradient)
    elif "b-value" in found:
        found["gradient"] = (*found["b-value"], 0.0, 0.0, 0.0)
    for name, date, time in (
        ("acquired", tags.ACQUISITION_DATE, tags.ACQUISITION_TIME),
        ("content", tags.CONTENT_DATE, tags.CONTENT_TIME),
    ):
        when = moment(header.text(date), header.text(time))
        if when is not None:
            found[name] = when
    return found
