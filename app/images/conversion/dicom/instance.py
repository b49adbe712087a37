"""From the attributes of a file to an `Instance` and its `Frame`s, checked before any pixel."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.frame import Frame, Instance, PixelFormat, Triple
from app.images.conversion.dicom.header import Header, PixelLocation, is_word
from app.images.conversion.dicom.mosaic import is_mosaic, mosaic_frames
from app.images.conversion.dicom.nuclear import nuclear_frames
from app.images.conversion.dicom.vectors import along, normal_of
from app.images.conversion.issues import ConversionError
from app.images.conversion.limits import Limits

WHOLE_SLIDE_CLASS = "1.2.840.10008.5.1.4.1.1.77.1.6"
NUCLEAR_CLASS = "1.2.840.10008.5.1.4.1.1.20"
ENHANCED_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2.1",
        "1.2.840.10008.5.1.4.1.1.4.1",
        "1.2.840.10008.5.1.4.1.1.130",
    }
)
_GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_COLOR = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"})


def read_frames(header: Header, *, limits: Limits) -> list[Frame]:
    """Return the frames of one file. Raises the error that names what is wrong with it."""
    instance = _instance(header, limits=limits)
    if header.dataset is not None and tags.PER_FRAME_GROUPS in header.dataset:
        # Imported where pydicom has read the file anyway; the common kinds need none of it.
        from app.images.conversion.dicom.enhanced import enhanced_frames

        return enhanced_frames(header, instance)
    if instance.sop_class in ENHANCED_CLASSES and instance.frame_count > 1:
        raise ConversionError(
            "MissingFunctionalGroup",
            "The enhanced multi-frame object has no functional groups.",
            files=[header.path],
            tag=tags.show(tags.PER_FRAME_GROUPS),
        )
    base = _plain_frame(header, instance)
    if is_mosaic(instance):
        return mosaic_frames(header, base)
    if instance.frame_count == 1:
        return [base]
    if header.has(tags.GRID_FRAME_OFFSETS):
        return _grid_frames(header, base)
    if instance.sop_class == NUCLEAR_CLASS:
        return nuclear_frames(header, base)
    return _cine_frames(header, base)


def _instance(header: Header, *, limits: Limits) -> Instance:
    _check_object(header)
    pixel_format = _pixel_format(header)
    frame_count = header.integer(tags.NUMBER_OF_FRAMES, 1)
    if frame_count < 1:
        raise header.invalid(tags.NUMBER_OF_FRAMES, "is not positive")
    pixels = cast(PixelLocation, header.pixels)
    _check_size(header, pixel_format, frame_count, limits=limits)
    trailing = _check_length(header, pixels, pixel_format, frame_count)
    return Instance(
        path=header.path,
        syntax=header.syntax,
        little_endian=header.little_endian,
        sop_class=header.text(tags.SOP_CLASS_UID),
        sop_uid=header.text(tags.SOP_INSTANCE_UID),
        study=header.text(tags.STUDY_UID),
        series=header.text(tags.SERIES_UID),
        series_number=_whole(header.lenient_number(tags.SERIES_NUMBER)),
        modality=_modality(header),
        frame_of_reference=header.text(tags.FRAME_OF_REFERENCE_UID),
        number=_whole(header.lenient_number(tags.INSTANCE_NUMBER)),
        format=pixel_format,
        frame_count=frame_count,
        pixels=pixels,
        image_type=header.texts(tags.IMAGE_TYPE),
        window=_window(header),
        laterality=header.text(tags.IMAGE_LATERALITY) or header.text(tags.LATERALITY),
        rescale_type=_rescale_type(header),
        thickness=header.lenient_number(tags.SLICE_THICKNESS),
        slice_gap=header.lenient_number(tags.SPACING_BETWEEN_SLICES),
        frame_seconds=_frame_seconds(header),
        time_step=_time_step(header),
        has_modality_lut=header.has_modality_lut,
        has_trailing_data=trailing,
        segmentation_type=header.text(tags.SEGMENTATION_TYPE).upper(),
    )


def _check_object(header: Header) -> None:
    """Sort out what is DICOM but no image, and slides, which go another way."""
    sop_class = header.text(tags.SOP_CLASS_UID)
    if sop_class == WHOLE_SLIDE_CLASS:
        raise ConversionError(
            "WholeSlide", "This is a DICOM whole-slide image.", files=[header.path]
        )
    if header.pixels is not None and tags.ROWS in header.elements:
        return
    known = _class_name(sop_class)
    is_image = tags.ROWS in header.elements or "Image Storage" in known
    if header.pixels is None and is_image:
        raise ConversionError(
            "TruncatedPixelData", "The file ends before its pixel data.", files=[header.path]
        )
    what = known if known and known != sop_class else "a DICOM object"
    raise ConversionError("NotAnImage", f"This is {what} without pixels.", files=[header.path])


def _class_name(sop_class: str) -> str:
    from pydicom.uid import UID

    return UID(sop_class).name if sop_class and UID(sop_class).is_valid else ""


def _pixel_format(header: Header) -> PixelFormat:
    rows, columns = header.integer(tags.ROWS), header.integer(tags.COLUMNS)
    if rows < 1 or columns < 1:
        raise header.invalid(tags.ROWS if rows < 1 else tags.COLUMNS, "is zero")
    allocated = header.integer(tags.BITS_ALLOCATED)
    stored = header.integer(tags.BITS_STORED, allocated)
    found = PixelFormat(
        rows=rows,
        columns=columns,
        samples=header.integer(tags.SAMPLES, 1),
        photometric=header.text(tags.PHOTOMETRIC) or "MONOCHROME2",
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=header.integer(tags.HIGH_BIT, stored - 1),
        signed=header.integer(tags.PIXEL_REPRESENTATION, 0) == 1,
        planar=header.integer(tags.PLANAR, 0),
        floating=header.pixels is not None and header.pixels.tag != tags.PIXELS,
    )
    _check_format(header, found)
    return found


def _check_format(header: Header, found: PixelFormat) -> None:
    expected = 1 if found.photometric in _GRAY or found.photometric == "PALETTE COLOR" else 3
    if found.photometric not in _GRAY | _COLOR | {"PALETTE COLOR"}:
        raise ConversionError(
            "UnsupportedPhotometric",
            f"Photometric interpretation {found.photometric[:32]!r} is not supported.",
            files=[header.path],
            tag=tags.show(tags.PHOTOMETRIC),
        )
    if found.samples != expected:
        raise header.invalid(tags.SAMPLES, f"does not fit {found.photometric}")
    allocations = (32, 64) if found.floating else (1, 8, 16, 32) if expected == 1 else (8, 16)
    if found.bits_allocated not in allocations:
        raise ConversionError(
            "UnsupportedPixelFormat",
            f"{found.bits_allocated} bits per sample are not supported for {found.photometric}.",
            files=[header.path],
            tag=tags.show(tags.BITS_ALLOCATED),
        )
    if not found.floating and not 1 <= found.bits_stored <= found.bits_allocated:
        raise header.invalid(tags.BITS_STORED, "does not fit BitsAllocated")
    if not found.floating and not found.bits_stored - 1 <= found.high_bit < found.bits_allocated:
        raise header.invalid(tags.HIGH_BIT, "does not fit BitsStored")


def _check_size(header: Header, found: PixelFormat, frame_count: int, *, limits: Limits) -> None:
    frame_bytes = (found.frame_bits + 7) // 8
    if frame_bytes > limits.frame_bytes:
        raise ConversionError(
            "TooLarge",
            f"One slice of {found.columns} x {found.rows} pixels takes {frame_bytes} bytes; "
            f"at most {limits.frame_bytes} are allowed.",
            files=[header.path],
        )
    if frame_count > limits.frames or frame_bytes * frame_count > limits.image_bytes:
        raise ConversionError(
            "TooLarge",
            f"{frame_count} frames of {frame_bytes} bytes are more than an image may have.",
            files=[header.path],
        )


def _check_length(
    header: Header, pixels: PixelLocation, found: PixelFormat, frame_count: int
) -> bool:
    """Compare header and pixel element (PS3.5 section 8.1.1: padded to even length).

    Less than a row too much is taken for sloppy padding (the return value tells), more for a
    header that is wrong.
    """
    if pixels.offset is None:
        return False
    in_file = header.path.stat().st_size - pixels.offset
    if pixels.length is None:
        if in_file < 8 * (1 + frame_count):
            raise _truncated(header, have=max(in_file, 0), need=8 * (1 + frame_count))
        return False
    need = (found.frame_bits * frame_count + 7) // 8
    have = min(pixels.length, in_file)
    if have < need:
        raise _truncated(header, have=have, need=need)
    if have - need >= max(found.columns * found.bits_allocated // 8, 2):
        raise ConversionError(
            "InvalidHeader",
            f"The pixel data has {have} bytes, the header describes {need}.",
            files=[header.path],
            tag=tags.show(pixels.tag),
        )
    return have > need + 1


def _truncated(header: Header, *, have: int, need: int) -> ConversionError:
    return ConversionError(
        "TruncatedPixelData",
        f"The pixel data has {have} bytes, {need} are needed.",
        files=[header.path],
        tag=tags.show(tags.PIXELS),
    )


def _plain_frame(header: Header, instance: Instance) -> Frame:
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
        instance.calibrated = tag == tags.PIXEL_SPACING
        return (values[0], values[1])
    return None


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
        ("acquisition", tags.ACQUISITION_NUMBER),
        ("b-value", tags.B_VALUE),
    ):
        value = header.lenient_number(tag)
        if value is not None:
            found[name] = (value,)
    for name, tag in (("acquired", tags.ACQUISITION_TIME), ("content", tags.CONTENT_TIME)):
        seconds = _seconds_of_day(header.text(tag))
        if seconds is not None:
            found[name] = (seconds,)
    return found


def _seconds_of_day(text: str) -> float | None:
    """Parse a DICOM TM value, HHMMSS.FFFFFF (PS3.5 section 6.2), older HH:MM:SS too."""
    text = text.replace(":", "")
    try:
        return int(text[:2]) * 3600 + int(text[2:4] or 0) * 60 + float(text[4:] or 0)
    except ValueError:
        return None


def _grid_frames(header: Header, base: Frame) -> list[Frame]:
    """Place the planes of a dose grid (PS3.3 section C.8.8.3.2)."""
    offsets = header.numbers(tags.GRID_FRAME_OFFSETS)
    if len(offsets) != base.instance.frame_count:
        raise header.invalid(tags.GRID_FRAME_OFFSETS, "does not have one value per frame")
    if base.position is None or base.orientation is None:
        raise header.invalid(tags.POSITION, "is missing")
    if offsets[0] != 0:
        offsets = tuple(value - offsets[0] for value in offsets)
    normal = normal_of(base.orientation)
    return [
        replace(base, index=index, position=along(base.position, normal, offset))
        for index, offset in enumerate(offsets)
    ]


def _cine_frames(header: Header, base: Frame) -> list[Frame]:
    """Frames over time. A volume object whose frames have no position is refused."""
    if base.instance.modality in {"CT", "MR", "PT", "NM"} and not header.has(tags.FRAME_TIME):
        raise ConversionError(
            "NoSliceOrder",
            "The file holds several frames and does not say where they lie.",
            files=[header.path],
        )
    base.position = base.orientation = None
    return [replace(base, index=index) for index in range(base.instance.frame_count)]


def _window(header: Header) -> tuple[float, float] | None:
    center = header.lenient_number(tags.WINDOW_CENTER)
    width = header.lenient_number(tags.WINDOW_WIDTH)
    if center is None or width is None or width <= 0:
        return None
    return (center, width)


def _modality(header: Header) -> str:
    text = header.text(tags.MODALITY).upper()
    return text if is_word(text) else "OT"


def _rescale_type(header: Header) -> str:
    text = header.text(tags.RESCALE_TYPE)
    if not text and header.text(tags.MODALITY) == "CT" and header.has(tags.RESCALE_INTERCEPT):
        return "HU"
    return text if is_word(text) else ""


def _frame_seconds(header: Header) -> float | None:
    steps = [value for value in header.numbers(tags.FRAME_TIME_VECTOR) if value > 0]
    if steps and max(steps) - min(steps) <= 0.01 * max(steps):
        return math.fsum(steps) / len(steps) / 1000.0
    milliseconds = header.lenient_number(tags.FRAME_TIME)
    return milliseconds / 1000.0 if milliseconds and milliseconds > 0 else None


def _time_step(header: Header) -> float | None:
    milliseconds = header.lenient_number(tags.TEMPORAL_RESOLUTION)
    return milliseconds / 1000.0 if milliseconds and milliseconds > 0 else None


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and abs(value) < 1e9 else None
