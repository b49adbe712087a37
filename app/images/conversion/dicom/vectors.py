"""The little vector arithmetic slices need; patient coordinates, LPS mm."""

from __future__ import annotations

import math

from app.images.conversion.dicom.frame import Triple


def normal_of(orientation: tuple[float, ...]) -> Triple:
    """Return row x column direction, the way slices are counted; not normalized."""
    a, b, c, d, e, f = orientation
    return (b * f - c * e, c * d - a * f, a * e - b * d)


def along(start: Triple, direction: Triple, distance: float) -> Triple:
    """Return the point `distance` mm from `start`."""
    x, y, z = (s + distance * d for s, d in zip(start, direction, strict=True))
    return (x, y, z)


def dot(first: Triple, second: Triple) -> float:
    """Return the scalar product."""
    return sum(a * b for a, b in zip(first, second, strict=True))


def difference(first: Triple, second: Triple) -> Triple:
    """Return first - second."""
    x, y, z = (a - b for a, b in zip(first, second, strict=True))
    return (x, y, z)


def length(vector: Triple) -> float:
    """Return the Euclidean length."""
    return math.sqrt(dot(vector, vector))


def orthonormal_axes(orientation: tuple[float, ...]) -> tuple[Triple, Triple, Triple] | None:
    """Return row, column and slice direction, None unless unit and orthogonal to 1e-3.

    What is left of rounding in the text of ImageOrientationPatient is taken out (Gram-Schmidt),
    so that the three are exactly orthonormal.
    """
    row: Triple = (orientation[0], orientation[1], orientation[2])
    column: Triple = (orientation[3], orientation[4], orientation[5])
    if abs(length(row) - 1) > 1e-3 or abs(length(column) - 1) > 1e-3:
        return None
    if abs(dot(row, column)) > 1e-3:
        return None
    row = along((0.0, 0.0, 0.0), row, 1 / length(row))
    column = along(column, row, -dot(row, column))
    column = along((0.0, 0.0, 0.0), column, 1 / length(column))
    return row, column, normal_of((*row, *column))
