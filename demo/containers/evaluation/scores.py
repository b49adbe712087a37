"""How well a predicted mask agrees with its reference, from plain arrays in (z, y, x) order."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median, pstdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["dice", "summary"]


def dice(prediction: NDArray[Any], reference: NDArray[Any]) -> float:
    """Dice similarity of two masks: twice the overlap over the sum of sizes (Dice 1945).

    Any nonzero voxel is foreground; two empty masks agree fully (1).
    """
    predicted, true = prediction != 0, reference != 0
    total = int(np.count_nonzero(predicted)) + int(np.count_nonzero(true))
    if total == 0:
        return 1.0
    return 2 * int(np.count_nonzero(predicted & true)) / total


def summary(values: Sequence[float]) -> dict[str, float]:
    """Mean, population standard deviation, minimum, maximum and median."""
    return {
        "mean": fmean(values),
        "std": pstdev(values),
        "min": min(values),
        "max": max(values),
        "median": median(values),
    }
