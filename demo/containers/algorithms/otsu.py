"""Separate bright from dark voxels of any volume by one threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["bright_mean_threshold", "otsu_threshold"]

BINS = 128


def otsu_threshold(volume: NDArray[Any]) -> float:
    """Threshold that maximizes the variance between the two classes (Otsu 1979, eq. 18).

    128 bins between the extremes, and the answer is the upper edge of a bin, as in ITK's
    `OtsuThresholdImageFilter`; foreground is what lies above.
    """
    counts, edges = np.histogram(volume, bins=BINS)
    share = counts / counts.sum()
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(share)
    moment = np.cumsum(share * middles)
    spread = below * (1 - below)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(spread > 0, (moment[-1] * below - moment) ** 2 / spread, 0.0)
    return float(edges[int(np.argmax(between)) + 1])


def bright_mean_threshold(volume: NDArray[Any]) -> float:
    """The mean of all voxels at or above the mean: a rule of thumb that cuts bright objects up."""
    mean = volume.mean(dtype=np.float64)
    return float(volume[volume >= mean].mean(dtype=np.float64))
