"""Turn a group of DICOM frames into one MetaImage, slice by slice."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion.dicom.frame import Frame, Instance
from app.images.conversion.dicom.pixels import PixelReader
from app.images.conversion.dicom.shear import Shear, lowest_value, straightened
from app.images.conversion.dicom.stacking import Stack, build_stack
from app.images.conversion.dicom.values import choose_dtype, real_values
from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.limits import Limits
from app.images.conversion.metaimage import MetaImageHeader, write_metaimage
from app.images.conversion.model import ConvertedImage, Group
from app.images.conversion.options import Options

Array = np.ndarray[Any, np.dtype[Any]]
_GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})
_MET_MODALITIES = {"CT": "MET_MOD_CT", "MR": "MET_MOD_MR", "NM": "MET_MOD_NM", "US": "MET_MOD_US"}


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is known of an image before its pixels are written."""

    header: MetaImageHeader
    reference: Instance
    spacing_valid: bool
    time_step: float | None
    remarks: list[Remark]


def convert_stack(
    group: Group, output_dir: Path, *, limits: Limits, options: Options
) -> ConvertedImage:
    """Write a 3D or 4D image from frames with positions."""
    reader = PixelReader()

    def fingerprint(frame: Frame) -> bytes:
        digest = hashlib.blake2b(np.ascontiguousarray(reader.read(frame)).data)
        digest.update(repr((frame.slope, frame.intercept)).encode())
        return digest.digest()

    gray = group.frames[0].instance.format.photometric in _GRAY
    stack = build_stack(
        group.frames, fingerprint=fingerprint, may_shear=options.tilt == "shear" and gray
    )
    ordered = [frame for volume in stack.volumes for frame in volume]
    plan = Plan(
        header=_stack_header(stack, ordered, reader=reader),
        reference=stack.volumes[0][len(stack.volumes[0]) // 2].instance,
        spacing_valid=stack.spacing_valid,
        time_step=stack.time_step,
        remarks=stack.remarks,
    )
    blocks = _blocks(ordered, reader=reader, dtype=plan.header.dtype)
    if stack.shear is not None:
        plan = _sheared(plan, stack.shear, limits=limits)
        lowest = lowest_value(_blocks(ordered, reader=reader, dtype=plan.header.dtype))
        blocks = straightened(stack.shear, ordered, blocks, lowest=lowest)
    image = write_planned(group, output_dir, plan=plan, blocks=blocks, limits=limits)
    return replace(image, warnings=(*image.warnings, *_value_remarks(reader, ordered)))


def _sheared(plan: Plan, shear: Shear, *, limits: Limits) -> Plan:
    """Return the plan of the straightened image, which says what was done to it."""
    header = plan.header
    if shear.columns * shear.rows * header.dtype.itemsize > limits.frame_bytes:
        raise ConversionError("TooLarge", "Straightened slices are larger than is allowed.")
    size = (shear.columns, shear.rows, *header.size[2:])
    grown = (size[0] - header.size[0], size[1] - header.size[1])
    fields = {
        **header.fields,
        "TiltDegrees": repr(round(shear.degrees, 4)),
        "TiltHandling": "SHEAR_LINEAR",
    }
    remark = Remark(
        "TiltCorrected",
        f"The slices were stacked {shear.degrees:.1f} degrees off their normal (gantry tilt); they "
        f"were straightened by linear interpolation, and the image grew by {grown[0]} columns and "
        f"{grown[1]} rows.",
    )
    return replace(
        plan,
        header=replace(header, size=size, fields=fields),
        remarks=[*plan.remarks, remark],
    )


def convert_picture(group: Group, output_dir: Path, *, limits: Limits) -> ConvertedImage:
    """Write a 2D image, or (x, y, 1, t) for frames over time, without patient geometry."""
    reader = PixelReader()
    first = group.frames[0]
    instance = first.instance
    rows_apart, columns_apart = first.in_plane
    size: tuple[int, ...] = (first.columns, first.rows)
    spacing: tuple[float, ...] = (columns_apart, rows_apart)
    remarks = _spacing_remarks(first)
    time_step = None
    if group.kind == "cine":
        time_step = instance.frame_seconds
        size = (*size, 1, len(group.frames))
        spacing = (*spacing, 1.0, time_step or 1.0)
        if time_step is None:
            remarks.append(
                Remark("TimeStepUnknown", "The file does not state one time between frames.")
            )
    header = MetaImageHeader(
        size=size,
        spacing=spacing,
        origin=(0.0,) * len(size),
        axes=_identity(len(size)),
        dtype=_dtype(group.frames, reader),
        components=_components(instance),
        fields={**header_fields(instance), **_padding_field(group.frames)},
    )
    valid = first.spacing is not None and instance.calibrated
    plan = Plan(header, instance, valid, time_step, remarks)
    return _write_frames(
        group, output_dir, plan=plan, frames=group.frames, reader=reader, limits=limits
    )


def write_planned(
    group: Group, output_dir: Path, *, plan: Plan, blocks: Iterable[Array], limits: Limits
) -> ConvertedImage:
    """Write the planned image from `blocks`, slice by slice; TooLarge, or what they raise."""
    header, reference = plan.header, plan.reference
    if header.pixel_bytes > limits.image_bytes:
        raise ConversionError(
            "TooLarge",
            f"The image takes {header.pixel_bytes} bytes; at most {limits.image_bytes} are "
            "allowed.",
        )
    path = output_dir / f"{uuid.uuid4()}.mha"
    write_metaimage(path, header=header, blocks=blocks)
    spatial = min(len(header.size), 3)
    return ConvertedImage(
        path=path,
        name=_name(reference, header),
        size=header.size,
        spacing=header.spacing[:spatial],
        spacing_valid=plan.spacing_valid,
        origin=header.origin[:spatial],
        direction=tuple(axis[row] for row in range(spatial) for axis in header.axes[:spatial]),
        time_step=plan.time_step,
        element_type=header.dtype.name,
        components=header.components,
        color_space="RGB" if header.components == 3 else "GRAY",
        modality=reference.modality,
        window_center=reference.window[0] if reference.window else None,
        window_width=reference.window[1] if reference.window else None,
        photometric="RGB" if header.components == 3 else reference.format.photometric,
        rescale_type=reference.rescale_type,
        sources=group.files,
        warnings=(*group.remarks, *plan.remarks),
    )


def _write_frames(
    group: Group,
    output_dir: Path,
    *,
    plan: Plan,
    frames: list[Frame],
    reader: PixelReader,
    limits: Limits,
) -> ConvertedImage:
    blocks = _blocks(frames, reader=reader, dtype=plan.header.dtype)
    image = write_planned(group, output_dir, plan=plan, blocks=blocks, limits=limits)
    return replace(image, warnings=(*image.warnings, *_value_remarks(reader, frames)))


def _spacing_remarks(frame: Frame) -> list[Remark]:
    if frame.spacing is None:
        return [Remark("NoSpacing", "The file does not state the size of a pixel.")]
    if not frame.instance.calibrated:
        return [Remark("NotCalibrated", "The pixel size is that of the detector.")]
    return []


def _stack_header(stack: Stack, ordered: list[Frame], *, reader: PixelReader) -> MetaImageHeader:
    first = ordered[0]
    size: tuple[int, ...] = (first.columns, first.rows, len(stack.volumes[0]))
    spacing: tuple[float, ...] = stack.spacing
    origin: tuple[float, ...] = stack.origin
    axes: tuple[tuple[float, ...], ...] = stack.axes
    if len(stack.volumes) > 1:
        size = (*size, len(stack.volumes))
        spacing = (*spacing, stack.time_step or 1.0)
        origin = (*origin, 0.0)
        axes = (*((*axis, 0.0) for axis in axes), (0.0, 0.0, 0.0, 1.0))
    return MetaImageHeader(
        size=size,
        spacing=spacing,
        origin=origin,
        axes=axes,
        dtype=_dtype(ordered, reader),
        components=_components(first.instance),
        fields={
            **header_fields(stack.volumes[0][len(stack.volumes[0]) // 2].instance),
            **_padding_field(ordered),
        },
    )


def _blocks(frames: list[Frame], *, reader: PixelReader, dtype: np.dtype[Any]) -> Iterator[Array]:
    for frame in frames:
        values = reader.read(frame)
        if frame.instance.format.photometric in _GRAY:
            yield real_values(values, frame=frame, dtype=dtype)
        elif values.dtype != dtype:
            raise ConversionError(
                "DecodeFailed",
                f"Colors came out as {values.dtype}, {dtype} was expected.",
                files=[frame.instance.path],
            )
        else:
            yield values


def _dtype(frames: list[Frame], reader: PixelReader) -> np.dtype[Any]:
    pixel_format = frames[0].instance.format
    if pixel_format.photometric in _GRAY:
        return choose_dtype(frames, reader=reader)
    if pixel_format.photometric == "PALETTE COLOR":
        return np.dtype(np.uint8)
    return np.dtype(np.uint8 if pixel_format.bits_allocated == 8 else np.uint16)


def _components(instance: Instance) -> int:
    return 1 if instance.format.photometric in _GRAY else 3


def _identity(dimensions: int) -> tuple[tuple[float, ...], ...]:
    return tuple(
        tuple(1.0 if row == column else 0.0 for column in range(dimensions))
        for row in range(dimensions)
    )


def header_fields(instance: Instance) -> dict[str, str]:
    """Return what the header tells beyond geometry: closed vocabularies and numbers only."""
    fields = {"Modality": _MET_MODALITIES.get(instance.modality, "MET_MOD_OTHER")}
    if instance.window:
        fields["WindowCenter"] = repr(instance.window[0])
        fields["WindowWidth"] = repr(instance.window[1])
    if instance.thickness is not None and instance.thickness > 0:
        fields["SliceThickness"] = repr(instance.thickness)
    if instance.laterality in {"L", "R", "B", "U"}:
        fields["Laterality"] = instance.laterality
    if instance.rescale_type:
        fields["RescaleType"] = instance.rescale_type
    if _components(instance) == 1:
        fields["PhotometricInterpretation"] = instance.format.photometric
    return fields


def _padding_field(frames: list[Frame]) -> dict[str, str]:
    """Return the real value of pixels that show nothing, if all frames agree on one."""
    values = {
        None
        if frame.instance.padding is None
        else frame.slope * frame.instance.padding + frame.intercept
        for frame in frames
    }
    value = values.pop()
    gray = frames[0].instance.format.photometric in _GRAY
    return {} if values or value is None or not gray else {"PixelPaddingValue": repr(value)}


def _value_remarks(reader: PixelReader, frames: list[Frame]) -> list[Remark]:
    remarks = []
    if reader.ignored_bits:
        remarks.append(Remark("IgnoredBits", "Bits outside BitsStored were left out."))
    if any(frame.instance.has_trailing_data for frame in frames):
        remarks.append(Remark("TrailingData", "There are bytes after the last pixel."))
    if any(frame.instance.has_modality_lut for frame in frames):
        remarks.append(Remark("LutNotApplied", "The file holds a modality look-up table."))
    return remarks


def _name(instance: Instance, header: MetaImageHeader) -> str:
    """Name an image by modality, series number and size: nothing that points to a patient."""
    series = f" series {instance.series_number}" if instance.series_number is not None else ""
    size = " x ".join(map(str, header.size))
    return f"{instance.modality}{series} ({size})"
