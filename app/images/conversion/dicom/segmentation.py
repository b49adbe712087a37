"""DICOM Segmentation objects (PS3.3 section C.8.20): a labelmap of segment numbers.

Frames without any segmented pixel are usually left out, so missing planes are background, as long
as all positions lie on one regular grid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from app.images.conversion.dicom.frame import Frame, Triple
from app.images.conversion.dicom.pixels import PixelReader
from app.images.conversion.dicom.vectors import along, difference, dot, length, orthonormal_axes
from app.images.conversion.dicom.volume import Plan, convert_stack, header_fields, write_planned
from app.images.conversion.issues import ConversionError
from app.images.conversion.limits import Limits
from app.images.conversion.metaimage import MetaImageHeader
from app.images.conversion.model import ConvertedImage, Group
from app.images.conversion.options import Options

Array = np.ndarray[Any, np.dtype[Any]]


def convert_segmentation(group: Group, output_dir: Path, *, limits: Limits) -> ConvertedImage:
    """Write a labelmap. Raises UnsupportedSegmentation for fractional or overlapping segments."""
    first = group.frames[0]
    kind = first.instance.segmentation_type
    if kind == "LABELMAP":
        return convert_stack(group, output_dir, limits=limits, options=Options())
    if kind != "BINARY":
        raise ConversionError(
            "UnsupportedSegmentation", f"Segmentations of type {kind[:16]!r} are not supported."
        )
    if any(frame.segment is None or not 1 <= frame.segment <= 65535 for frame in group.frames):
        raise ConversionError(
            "MissingFunctionalGroup", "A frame does not say which segment it belongs to."
        )
    planes, gap, origin, axes = _planes(group.frames, limits=limits)
    rows_apart, columns_apart = first.spacing or (1.0, 1.0)
    most = max(frame.segment or 0 for frame in group.frames)
    header = MetaImageHeader(
        size=(first.columns, first.rows, len(planes)),
        spacing=(columns_apart, rows_apart, gap),
        origin=origin,
        axes=axes,
        dtype=np.dtype(np.uint8 if most <= 255 else np.uint16),
        fields=header_fields(first.instance),
    )
    plan = Plan(header, first.instance, first.spacing is not None, None, [])
    blocks = _labels(planes, shape=(first.rows, first.columns), dtype=header.dtype)
    return write_planned(group, output_dir, plan=plan, blocks=blocks, limits=limits)


def _planes(
    frames: list[Frame], *, limits: Limits
) -> tuple[list[list[Frame]], float, Triple, tuple[Triple, Triple, Triple]]:
    """Return the frames of each plane of the grid, slice distance, origin and axes."""
    axes = orthonormal_axes(frames[0].orientation or ()) if frames[0].orientation else None
    if axes is None:
        raise ConversionError("InvalidOrientation", "The segmentation has no valid orientation.")
    if any(frame.orientation != frames[0].orientation for frame in frames):
        raise ConversionError("UnsupportedSegmentation", "The frames have different orientations.")
    placed = [(frame.position, frame) for frame in frames if frame.position is not None]
    if len(placed) != len(frames):
        raise ConversionError("NoSliceOrder", "A frame has no position.", tag="(0020,0032)")
    origin = min((position for position, _ in placed), key=lambda position: dot(position, axes[2]))
    distances = [dot(difference(position, origin), axes[2]) for position, _ in placed]
    gap = _gap(distances, stated=frames[0].instance.slice_gap or frames[0].instance.thickness)
    by_plane: dict[int, list[Frame]] = defaultdict(list)
    pixel = min(frames[0].spacing or (1.0, 1.0))
    for (position, frame), distance in zip(placed, distances, strict=True):
        plane = round(distance / gap)
        if length(difference(position, along(origin, axes[2], plane * gap))) > 0.5 * pixel:
            raise ConversionError("NotAVolume", "The frames do not lie on one regular grid.")
        by_plane[plane].append(frame)
    count = max(by_plane) + 1
    if count > limits.frames:
        raise ConversionError("TooLarge", f"The segmentation spans {count} planes.")
    return [by_plane.get(plane, []) for plane in range(count)], gap, origin, axes


def _gap(distances: list[float], *, stated: float | None) -> float:
    ordered = sorted(distances)
    steps = [b - a for a, b in pairwise(ordered) if b - a > 0.005]
    if not steps:
        return stated if stated is not None and stated > 0 else 1.0
    gap = min(steps)
    if all(abs(step / gap - round(step / gap)) <= 0.02 for step in steps):
        return gap
    raise ConversionError(
        "VariableSpacing",
        f"The distance between frames varies from {gap:.3f} to {max(steps):.3f} mm.",
    )


def _labels(
    planes: list[list[Frame]], *, shape: tuple[int, int], dtype: np.dtype[Any]
) -> Iterator[Array]:
    reader = PixelReader()
    for frames in planes:
        labels = np.zeros(shape, dtype=dtype)
        for frame in frames:
            inside = reader.read(frame) != 0
            if np.any(inside & (labels != 0) & (labels != frame.segment)):
                raise ConversionError(
                    "UnsupportedSegmentation",
                    "Segments overlap; a labelmap has one segment per voxel.",
                )
            labels[inside] = frame.segment
        yield labels
