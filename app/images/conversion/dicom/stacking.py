"""Order frames in space and time and prove that they form a regular grid.

Slices are ordered by the projection of ImagePositionPatient on the normal of the image plane
(PS3.3 section C.7.6.2.1.1), never by file name or instance number; the distance between slices is
measured there, never taken from SliceThickness. Whatever does not fit a grid is an error with a
name. LPS mm throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from app.images.conversion.dicom.frame import Frame, Triple
from app.images.conversion.dicom.shear import Shear, plan_shear
from app.images.conversion.dicom.timing import order_in_time, states_time
from app.images.conversion.dicom.vectors import along, difference, dot, length, orthonormal_axes
from app.images.conversion.issues import ConversionError, Remark

Fingerprint = Callable[[Frame], bytes]
_MAX_TILT_DEGREES = 0.1
_MAX_SHEAR_PIXELS = 0.5


@dataclass(slots=True)
class Stack:
    """A regular grid: `volumes[t][z]`, spacing (x, y, z), origin and axes (x, y, z).

    With `shear` the slices have to be straightened first; the origin is that of the new grid.
    """

    volumes: list[list[Frame]]
    spacing: Triple
    origin: Triple
    axes: tuple[Triple, Triple, Triple]
    spacing_valid: bool
    time_step: float | None
    remarks: list[Remark]
    shear: Shear | None = None


def build_stack(frames: list[Frame], *, fingerprint: Fingerprint, may_shear: bool = False) -> Stack:
    """Return the grid the frames form.

    `fingerprint` digests the values of a frame; it is asked only when some positions hold more
    frames than others, to drop copies.
    `may_shear` allows to plan straightening of an oblique stack instead of GantryTilt.
    Raises NoSliceOrder, InvalidOrientation, InconsistentTimePoints, NotAVolume, GantryTilt,
    MissingSlices or VariableSpacing.
    """
    axes = _axes(frames)
    in_plane = frames[0].spacing
    row_gap, column_gap = frames[0].in_plane
    pixel = min(row_gap, column_gap)
    columns = _by_position(frames, normal=axes[2], pixel=pixel)
    remarks: list[Remark] = []
    columns = _even_out(columns, fingerprint=fingerprint, remarks=remarks)
    _check_single_position(columns)
    degrees = _tilt(columns, normal=axes[2], pixel=pixel, may_be=may_shear)
    slice_gap = _slice_gap(columns, normal=axes[2], remarks=remarks)
    columns, time_step = order_in_time(columns)
    volumes = [list(volume) for volume in zip(*columns, strict=True)]
    origin = _position(volumes[0][0])
    shear = None
    if degrees:
        shear = plan_shear(
            frames, first=origin, axes=axes, pixel=(column_gap, row_gap), degrees=degrees
        )
        origin = shear.origin
    if in_plane is None:
        remarks.append(Remark("NoSpacing", "The files do not state the size of a pixel."))
    elif not frames[0].instance.calibrated:
        remarks.append(Remark("NotCalibrated", "The pixel size is that of the detector."))
    if frames[0].instance.own_axes:
        remarks.append(Remark("NoOrientation", "The axes are those of the probe."))
    if len(volumes) > 1 and time_step is None:
        remarks.append(Remark("TimeStepUnknown", "The files do not state the time step."))
    return Stack(
        volumes=volumes,
        spacing=(column_gap, row_gap, slice_gap),
        origin=origin,
        axes=axes,
        spacing_valid=in_plane is not None and frames[0].instance.calibrated,
        time_step=time_step,
        remarks=remarks,
        shear=shear,
    )


def _position(frame: Frame) -> Triple:
    if frame.position is None:
        raise ConversionError(
            "NoSliceOrder",
            "The files do not say where their slices lie (ImagePositionPatient is missing).",
            files=[frame.instance.path],
            tag="(0020,0032)",
        )
    return frame.position


def _axes(frames: list[Frame]) -> tuple[Triple, Triple, Triple]:
    without = [frame for frame in frames if frame.position is None or frame.orientation is None]
    if without:
        raise ConversionError(
            "NoSliceOrder",
            "The files do not say where their slices lie (image position or orientation is "
            f"missing in {len(without)} of {len(frames)} slices).",
            tag="(0020,0032)",
        )
    axes = orthonormal_axes(frames[0].orientation or ())
    if axes is None:
        raise ConversionError(
            "InvalidOrientation",
            "Row and column direction are not perpendicular unit vectors.",
            tag="(0020,0037)",
        )
    return axes


def _by_position(frames: list[Frame], *, normal: Triple, pixel: float) -> list[list[Frame]]:
    """Gather frames at the same place along the normal, in spatial order."""
    tolerance = min(0.01, 0.1 * pixel)
    ordered = sorted(
        ((dot(_position(frame), normal), frame.order, i) for i, frame in enumerate(frames))
    )
    columns: list[list[Frame]] = []
    start = -math.inf
    for distance, _, i in ordered:
        if distance - start > tolerance:
            columns.append([])
            start = distance
        columns[-1].append(frames[i])
    return columns


def _even_out(
    columns: list[list[Frame]], *, fingerprint: Fingerprint, remarks: list[Remark]
) -> list[list[Frame]]:
    """Return columns of equal height; copies with identical pixels are left out.

    Copies are looked for where a position holds more frames than others, or the same image (SOP
    instance and frame) twice, as when a series was stored again in another encoding.
    """
    least = min(len(column) for column in columns)
    kept = [
        _without_copies(column, fingerprint)
        if len(column) > least or _repeats_instance(column)
        else column
        for column in columns
    ]
    dropped = sum(map(len, columns)) - sum(map(len, kept))
    if dropped:
        remarks.append(
            Remark("DuplicateInstance", f"{dropped} slices were there twice and used once.")
        )
    counts = sorted({len(column) for column in kept})
    if len(counts) > 1:
        raise ConversionError(
            "InconsistentTimePoints",
            f"The {len(columns)} slice positions hold between {counts[0]} and {counts[-1]} "
            "images; a series over time has the same number at each.",
        )
    return kept


def _repeats_instance(column: list[Frame]) -> bool:
    identities = {(frame.instance.sop_uid, frame.index) for frame in column}
    return len(identities) < len(column)


def _without_copies(column: list[Frame], fingerprint: Fingerprint) -> list[Frame]:
    kept: dict[bytes, Frame] = {}
    for frame in column:
        kept.setdefault(fingerprint(frame), frame)
    return list(kept.values())


def _check_single_position(columns: list[list[Frame]]) -> None:
    if len(columns) == 1 and len(columns[0]) > 1 and not states_time(columns[0]):
        raise ConversionError(
            "NotAVolume",
            f"All {len(columns[0])} images lie at the same position and do not say that they "
            "are a series over time.",
        )


def _tilt(columns: list[list[Frame]], *, normal: Triple, pixel: float, may_be: bool) -> float:
    """Return the degrees by which slices are not straight above each other, 0 if they are.

    Raises GantryTilt unless they `may_be` tilted, and NotAVolume where they form no stack at all.
    """
    first = _position(columns[0][0])
    last = difference(_position(columns[-1][0]), first)
    height = dot(last, normal)
    slope = along(last, normal, -height)
    worst_shear, worst_bend = 0.0, 0.0
    for frame in (frame for column in columns for frame in column):
        offset = difference(_position(frame), first)
        rise = dot(offset, normal)
        sideways = along(offset, normal, -rise)
        straight = along(sideways, slope, -rise / height) if height > 0 else sideways
        worst_shear = max(worst_shear, length(sideways))
        worst_bend = max(worst_bend, length(straight))
    if worst_bend > _MAX_SHEAR_PIXELS * pixel:
        raise ConversionError(
            "NotAVolume", f"The slices are shifted sideways by up to {worst_bend:.2f} mm."
        )
    degrees = math.degrees(math.atan2(length(slope), height)) if height > 0 else 0.0
    if degrees <= _MAX_TILT_DEGREES or worst_shear <= _MAX_SHEAR_PIXELS * pixel:
        return 0.0
    if not may_be:
        raise ConversionError(
            "GantryTilt",
            f"The slices are stacked {degrees:.1f} degrees off their normal (gantry tilt); the "
            f"last one is shifted by {length(slope):.1f} mm.",
            tag="(0018,1120)",
        )
    return degrees


def _slice_gap(columns: list[list[Frame]], *, normal: Triple, remarks: list[Remark]) -> float:
    distances = [dot(_position(column[0]), normal) for column in columns]
    steps = [after - before for before, after in pairwise(distances)]
    if not steps:
        return _single_slice_gap(columns[0][0], remarks)
    middle = sorted(steps)[(len(steps) - 1) // 2]
    if all(abs(step - middle) <= _step_tolerance(middle) for step in steps):
        return (distances[-1] - distances[0]) / len(steps)
    raise _irregular(distances, steps)


def _step_tolerance(step: float) -> float:
    return max(0.01 * step, min(0.01, 0.05 * step))


def _irregular(distances: list[float], steps: list[float]) -> ConversionError:
    """Name what is wrong with unequal steps: slices left out, or truly unequal."""
    base = sorted(steps)[(len(steps) - 1) // 2]
    multiples = [step / base for step in steps]
    whole = all(
        round(m) >= 1 and abs(m - round(m)) * base <= max(2 * _step_tolerance(base), 0.02 * base)
        for m in multiples
    )
    gaps = [(at, step) for at, step in zip(distances, steps, strict=False) if step > 1.5 * base]
    if not whole or not gaps:
        return ConversionError(
            "VariableSpacing",
            f"The distance between slices varies from {min(steps):.3f} to {max(steps):.3f} mm.",
        )
    missing = sum(round(step / base) - 1 for _, step in gaps)
    where = ", ".join(f"{at:.2f} mm" for at, _ in gaps[:5])
    return ConversionError(
        "MissingSlices",
        f"{missing} of {len(distances) + missing} slices are missing (after {where}; slices are "
        f"{base:.3f} mm apart, found {gaps[0][1]:.3f} mm).",
    )


def _single_slice_gap(frame: Frame, remarks: list[Remark]) -> float:
    for stated in (frame.instance.slice_gap, frame.instance.thickness):
        if stated is not None and stated > 0:
            remarks.append(
                Remark(
                    "OneSlice", f"The image has one slice; its depth is stated as {stated:g} mm."
                )
            )
            return stated
    remarks.append(Remark("OneSlice", "The image has one slice of unknown depth (1 mm assumed)."))
    return 1.0
