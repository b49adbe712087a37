"""From the attributes of a file to an `Instance` and its `Frame`s, checked before any pixel."""

from __future__ import annotations

import math
from typing import cast

from app.images.conversion.dicom import tags
from app.images.conversion.dicom.frame import ENHANCED_CLASSES, Frame, Instance, PixelFormat
from app.images.conversion.dicom.grid import grid_tiles, is_grid
from app.images.conversion.dicom.header import Header, PixelLocation
from app.images.conversion.dicom.mosaic import is_mosaic, mosaic_frames
from app.images.conversion.dicom.multiframe import cine_frames, grid_frames
from app.images.conversion.dicom.nuclear import nuclear_frames
from app.images.conversion.dicom.plain import pixel_aspect, plain_frame
from app.images.conversion.dicom.terms import modality_of, unit_of
from app.images.conversion.issues import ConversionError
from app.images.conversion.limits import Limits

WHOLE_SLIDE_CLASS = "1.2.840.10008.5.1.4.1.1.77.1.6"
LABELMAP_CLASS = "1.2.840.10008.5.1.4.1.1.66.7"
NUCLEAR_CLASS = "1.2.840.10008.5.1.4.1.1.20"
_REFERENCED = frozenset({"1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.95"})
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
    base = plain_frame(header, instance)
    if is_grid(instance):
        return grid_tiles(header, base)
    if is_mosaic(instance):
        return mosaic_frames(header, base)
    return [base] if instance.frame_count == 1 else _several_frames(header, base)


def _several_frames(header: Header, base: Frame) -> list[Frame]:
    if header.has(tags.GRID_FRAME_OFFSETS):
        return grid_frames(header, base)
    if base.instance.sop_class == NUCLEAR_CLASS:
        return nuclear_frames(header, base)
    return cine_frames(header, base)


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
        modality=modality_of(header.text(tags.MODALITY)),
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
        padding=_padding(header, pixel_format),
        concatenation=header.text(tags.CONCATENATION_UID),
        part=header.integer(tags.CONCATENATION_PART, 0),
        parts=_whole(header.lenient_number(tags.CONCATENATION_PARTS)),
        aspect=pixel_aspect(header),
        has_trailing_data=trailing,
        segmentation_type=header.text(tags.SEGMENTATION_TYPE).upper(),
        maximum_fraction=_whole(header.lenient_number(tags.MAXIMUM_FRACTION)),
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
    if header.pixels is None and header.syntax in _REFERENCED:
        raise ConversionError(
            "UnsupportedTransferSyntax",
            "The pixels are not in the file but on some server (JPIP).",
            files=[header.path],
            tag="(0002,0010)",
        )
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
        photometric=_photometric(header),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=header.integer(tags.HIGH_BIT, stored - 1),
        signed=header.integer(tags.PIXEL_REPRESENTATION, 0) == 1,
        planar=header.integer(tags.PLANAR, 0),
        floating=header.pixels is not None and header.pixels.tag != tags.PIXELS,
    )
    _check_format(header, found)
    return found


def _photometric(header: Header) -> str:
    """Return the color model; the palette of a labelmap colors labels, which stay numbers here."""
    stated = header.text(tags.PHOTOMETRIC) or "MONOCHROME2"
    if stated == "PALETTE COLOR" and header.text(tags.SOP_CLASS_UID) == LABELMAP_CLASS:
        return "MONOCHROME2"
    return stated


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


def _window(header: Header) -> tuple[float, float] | None:
    center = header.lenient_number(tags.WINDOW_CENTER)
    width = header.lenient_number(tags.WINDOW_WIDTH)
    if center is None or width is None or width <= 0:
        return None
    return (center, width)


def _padding(header: Header, pixel_format: PixelFormat) -> int | None:
    """Return the stored value of pixels that show nothing; its sign is that of the pixels."""
    value = _whole(header.lenient_number(tags.PIXEL_PADDING))
    if value is None or pixel_format.floating:
        return None
    low, high = pixel_format.stored_range
    if pixel_format.signed and value > high:
        value -= 1 << (8 * len(header.elements[tags.PIXEL_PADDING]))
    return value if low <= value <= high else None


def _rescale_type(header: Header) -> str:
    """Return the unit of the values: of a CT, a PET (Units) or a dose grid (DoseUnits)."""
    text = header.text(tags.RESCALE_TYPE)
    if not text and header.text(tags.MODALITY) in {"PT", "RTDOSE"}:
        text = header.text(tags.PET_UNITS) or header.text(tags.DOSE_UNITS)
    if not text and header.text(tags.MODALITY) == "CT" and header.has(tags.RESCALE_INTERCEPT):
        return "HU"
    return unit_of(text)


def _frame_seconds(header: Header) -> float | None:
    """Return the time between frames, None if none is stated or it changes (PS3.3 C.7.6.5)."""
    steps = header.numbers(tags.FRAME_TIME_VECTOR)[1:]
    if steps:
        even = min(steps) > 0 and max(steps) - min(steps) <= 0.01 * max(steps)
        return math.fsum(steps) / len(steps) / 1000.0 if even else None
    milliseconds = header.lenient_number(tags.FRAME_TIME)
    if milliseconds and milliseconds > 0:
        return milliseconds / 1000.0
    rate = header.lenient_number(tags.CINE_RATE)
    return 1.0 / rate if rate and rate > 0 else None


def _time_step(header: Header) -> float | None:
    milliseconds = header.lenient_number(tags.TEMPORAL_RESOLUTION)
    return milliseconds / 1000.0 if milliseconds and milliseconds > 0 else None


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and abs(value) < 1e9 else None
