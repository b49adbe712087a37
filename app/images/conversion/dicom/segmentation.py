"""DICOM Segmentation objects (PS3.3 section C.8.20): labelmaps, or segments along a fourth axis.

Segments that do not overlap become one labelmap of segment numbers. Where they overlap, or have
fractions, each becomes a volume of its own along the fourth axis, in the order of their numbers.
Frames without any segmented pixel are usually left out, so missing planes are background, as long
as all positions lie on one regular grid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion.dicom.frame import Frame, Triple
from app.images.conversion.dicom.pixels import PixelReader
from app.images.conversion.dicom.vectors import along, difference, dot, length, orthonormal_axes
from app.images.conversion.dicom.volume import Plan, header_fields, write_planned
from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.limits import Limits
from app.images.conversion.metaimage import MetaImageHeader
from app.images.conversion.model import ConvertedImage, Group

Array = np.ndarray[Any, np.dtype[Any]]
_KINDS = frozenset({"BINARY", "FRACTIONAL", "LABELMAP"})


@dataclass(frozen=True, slots=True)
class _Grid:
    """The planes of the segmentation with the frames at each; LPS mm."""

    planes: list[list[Frame]]
    gap: float
    origin: Triple
    axes: tuple[Triple, Triple, Triple]

    @property
    def first(self) -> Frame:
        """Any frame: all have the same size and type."""
        return next(frame for plane in self.planes for frame in plane)

    @property
    def segments(self) -> list[int]:
        """The numbers of all segments, in order."""
        return sorted({frame.segment or 0 for plane in self.planes for frame in plane})


def convert_segmentation(group: Group, output_dir: Path, *, limits: Limits) -> ConvertedImage:
    """Write the segmentation.

    Raises UnsupportedSegmentation for what is neither labelmap, binary nor fractional, and for
    several states of a segment at one place (a segmentation over time).
    """
    kind = group.frames[0].instance.segmentation_type
    if kind not in _KINDS:
        raise ConversionError(
            "UnsupportedSegmentation", f"Segmentations of type {kind[:16]!r} are not supported."
        )
    if kind != "LABELMAP":
        _check_segments(group.frames)
    elif group.frames[0].instance.format.bits_allocated > 16:
        raise ConversionError("UnsupportedSegmentation", "Labels have more than 16 bits.")
    grid = _grid(group.frames, limits=limits)
    _check_once(grid)
    if kind == "LABELMAP":
        return _write(group, output_dir, grid=grid, blocks=_stored(grid), limits=limits)
    if kind == "FRACTIONAL":
        scale = _fraction_scale(grid.first)
        blocks = _separate(grid, dtype=np.dtype(np.float32), scale=scale)
        return _write_separate(group, output_dir, grid=grid, blocks=blocks, limits=limits)
    if _overlap(grid):
        blocks = _separate(grid, dtype=np.dtype(np.uint8))
        return _write_separate(group, output_dir, grid=grid, blocks=blocks, limits=limits)
    return _write(group, output_dir, grid=grid, blocks=_labels(grid), limits=limits)


def _check_segments(frames: list[Frame]) -> None:
    if any(frame.segment is None or not 1 <= frame.segment <= 65535 for frame in frames):
        raise ConversionError(
            "MissingFunctionalGroup", "A frame does not say which segment it belongs to."
        )


def _check_once(grid: _Grid) -> None:
    for plane in grid.planes:
        if len({frame.segment for frame in plane}) < len(plane):
            raise ConversionError(
                "UnsupportedSegmentation",
                "A segment has several frames at the same place; segmentations over time are not "
                "supported.",
            )


def _fraction_scale(frame: Frame) -> int:
    most = frame.instance.maximum_fraction
    if most is None or not 1 <= most <= 255:
        raise ConversionError(
            "InvalidHeader",
            "MaximumFractionalValue is missing or cannot be true.",
            tag="(0062,000E)",
        )
    return most


def _header(grid: _Grid, dtype: np.dtype[Any]) -> MetaImageHeader:
    first = grid.first
    rows_apart, columns_apart = first.in_plane
    return MetaImageHeader(
        size=(first.columns, first.rows, len(grid.planes)),
        spacing=(columns_apart, rows_apart, grid.gap),
        origin=grid.origin,
        axes=grid.axes,
        dtype=dtype,
        fields=header_fields(first.instance),
    )


def _write(
    group: Group, output_dir: Path, *, grid: _Grid, blocks: Iterator[Array], limits: Limits
) -> ConvertedImage:
    header = _header(grid, _label_dtype(grid))
    plan = Plan(header, grid.first.instance, grid.first.spacing is not None, None, [])
    return write_planned(group, output_dir, plan=plan, blocks=blocks, limits=limits)


def _write_separate(
    group: Group, output_dir: Path, *, grid: _Grid, blocks: Iterator[Array], limits: Limits
) -> ConvertedImage:
    """Write one volume per segment, (x, y, z) for one and (x, y, z, segment) for several."""
    segments = grid.segments
    fractional = grid.first.instance.segmentation_type == "FRACTIONAL"
    flat = _header(grid, np.dtype(np.float32 if fractional else np.uint8))
    numbers = " ".join(map(str, segments))
    fields = {**flat.fields, "SegmentNumbers": numbers}
    remarks: list[Remark] = []
    if len(segments) > 1:
        fields["FourthAxis"] = "SEGMENT"
        shown = ", ".join(map(str, segments[:32])) + (", ..." if len(segments) > 32 else "")
        why = "have fractions" if fractional else "overlap"
        remarks.append(
            Remark("SegmentsSeparate", f"The segments {why}; the fourth axis holds {shown}.")
        )
    header = MetaImageHeader(
        size=(*flat.size, *([len(segments)] if len(segments) > 1 else [])),
        spacing=(*flat.spacing, *([1.0] if len(segments) > 1 else [])),
        origin=(*flat.origin, *([0.0] if len(segments) > 1 else [])),
        axes=_with_fourth(flat.axes) if len(segments) > 1 else flat.axes,
        dtype=flat.dtype,
        fields=fields,
    )
    plan = Plan(header, grid.first.instance, grid.first.spacing is not None, None, remarks)
    return write_planned(group, output_dir, plan=plan, blocks=blocks, limits=limits)


def _with_fourth(axes: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    return (*((*axis, 0.0) for axis in axes), (0.0, 0.0, 0.0, 1.0))


def _label_dtype(grid: _Grid) -> np.dtype[Any]:
    pixel_format = grid.first.instance.format
    if grid.first.instance.segmentation_type == "LABELMAP":
        return np.dtype(np.uint8 if pixel_format.bits_allocated <= 8 else np.uint16)
    return np.dtype(np.uint8 if grid.segments[-1] <= 255 else np.uint16)


def _grid(frames: list[Frame], *, limits: Limits) -> _Grid:
    """Place the frames. Raises what says why they do not lie on one regular grid."""
    first = frames[0]
    axes = orthonormal_axes(first.orientation) if first.orientation else None
    if axes is None:
        raise ConversionError("InvalidOrientation", "The segmentation has no valid orientation.")
    if any(not _parallel(frame, first) for frame in frames):
        raise ConversionError("UnsupportedSegmentation", "The frames have different orientations.")
    placed = [(frame.position, frame) for frame in frames if frame.position is not None]
    if len(placed) != len(frames):
        raise ConversionError("NoSliceOrder", "A frame has no position.", tag="(0020,0032)")
    origin = min((position for position, _ in placed), key=lambda position: dot(position, axes[2]))
    distances = [dot(difference(position, origin), axes[2]) for position, _ in placed]
    gap = _gap(distances, between=first.instance.slice_gap, thickness=first.instance.thickness)
    by_plane: dict[int, list[Frame]] = defaultdict(list)
    pixel = min(first.in_plane)
    for (position, frame), distance in zip(placed, distances, strict=True):
        plane = round(distance / gap)
        if length(difference(position, along(origin, axes[2], plane * gap))) > 0.5 * pixel:
            raise ConversionError("NotAVolume", "The frames do not lie on one regular grid.")
        by_plane[plane].append(frame)
    count = max(by_plane) + 1
    if count > limits.frames:
        raise ConversionError("TooLarge", f"The segmentation spans {count} planes.")
    return _Grid([by_plane.get(plane, []) for plane in range(count)], gap, origin, axes)


def _parallel(frame: Frame, first: Frame) -> bool:
    if frame.orientation is None or first.orientation is None or frame.spacing != first.spacing:
        return False
    pairs = zip(frame.orientation, first.orientation, strict=True)
    return all(abs(a - b) <= 1e-4 for a, b in pairs)


def _gap(distances: list[float], *, between: float | None, thickness: float | None) -> float:
    """Return the distance of planes: the stated one if all frames fit it, else the least found."""
    ordered = sorted(distances)
    steps = [b - a for a, b in pairwise(ordered) if b - a > 0.005]
    if not steps:
        stated = [value for value in (between, thickness) if value is not None and value > 0]
        return stated[0] if stated else 1.0
    for gap in (between, min(steps)):
        if gap is not None and gap > 0 and all(_is_multiple(step, gap) for step in steps):
            return gap
    raise ConversionError(
        "VariableSpacing",
        f"The distance between frames varies from {min(steps):.3f} to {max(steps):.3f} mm.",
    )


def _is_multiple(step: float, gap: float) -> bool:
    return round(step / gap) >= 1 and abs(step / gap - round(step / gap)) <= 0.02


def _overlap(grid: _Grid) -> bool:
    reader = PixelReader()
    for plane in grid.planes:
        if len(plane) < 2:
            continue
        taken = np.zeros((grid.first.rows, grid.first.columns), dtype=bool)
        for frame in plane:
            inside = reader.read(frame) != 0
            if np.any(inside & taken):
                return True
            taken |= inside
    return False


def _labels(grid: _Grid) -> Iterator[Array]:
    reader = PixelReader()
    shape, dtype = (grid.first.rows, grid.first.columns), _label_dtype(grid)
    for plane in grid.planes:
        labels = np.zeros(shape, dtype=dtype)
        for frame in plane:
            labels[reader.read(frame) != 0] = frame.segment
        yield labels


def _stored(grid: _Grid) -> Iterator[Array]:
    """Yield the stored label numbers; planes that were left out are background."""
    reader = PixelReader()
    shape, dtype = (grid.first.rows, grid.first.columns), _label_dtype(grid)
    background = grid.first.instance.padding or 0
    for plane in grid.planes:
        if plane:
            yield reader.read(plane[0]).astype(dtype)
        else:
            yield np.full(shape, background, dtype=dtype)


def _separate(grid: _Grid, *, dtype: np.dtype[Any], scale: int = 1) -> Iterator[Array]:
    """Yield the planes of each segment in turn, values divided by `scale`."""
    reader = PixelReader()
    shape = (grid.first.rows, grid.first.columns)
    for segment in grid.segments:
        for plane in grid.planes:
            own = [frame for frame in plane if frame.segment == segment]
            if not own:
                yield np.zeros(shape, dtype=dtype)
                continue
            values = reader.read(own[0])
            yield (values / scale).astype(dtype) if scale > 1 else (values != 0).astype(dtype)
