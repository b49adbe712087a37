"""What the page of an image shows of its pixels: found in one walk through the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.images.services.thumbnail import EDGE, PREVIEW_EDGE, picture_png
from app.images.slices.errors import PackError
from app.images.slices.metaimage import MetaImageHeader, iter_slices, read_header

BINS = 96
MOST_VALUES = 256
_FINE_BINS = 8192
_EVERY_VALUE = 65_536
Array = NDArray[Any]


@dataclass(frozen=True)
class Summary:
    """Pictures of the middle slice, and the histogram as JSON; each may be missing."""

    thumbnail: bytes | None = None
    preview: bytes | None = None
    histogram: dict[str, Any] | None = None


def summarize(path: Path) -> Summary:
    """Read a MetaImage slice by slice; never more than one slice is in memory."""
    try:
        header = read_header(path)
        counter = _counter(path, header)
        middle: Array | None = None
        for index, pixels in enumerate(iter_slices(path, header)):
            counter.add(pixels)
            if index == header.size[2] // 2:
                middle = pixels
    except PackError:
        return Summary()
    if middle is None:
        return Summary()
    return Summary(
        thumbnail=picture_png(middle, spacing=header.spacing, edge=EDGE),
        preview=picture_png(middle, spacing=header.spacing, edge=PREVIEW_EDGE),
        histogram=counter.histogram(),
    )


def _counter(path: Path, header: MetaImageHeader) -> "_Counter":
    """Count every value where there are at most 65,536, else fine bins between the extremes.

    Masks often come as 32-bit or larger integers with few values; those are counted too.
    """
    if header.dtype.kind in "iu" and header.dtype.itemsize <= 2:
        info = np.iinfo(header.type)
        return _Counter(header, low=float(info.min), width=1.0, bins=info.max - info.min + 1)
    low, high = _extremes(iter_slices(path, header))
    if header.dtype.kind in "iu" and high - low < _EVERY_VALUE:
        return _Counter(header, low=low, width=1.0, bins=int(high - low) + 1)
    width = (high - low) / (_FINE_BINS - 1)
    width = width if 0 < width < np.inf else 1.0
    return _Counter(header, low=low, width=width, bins=_FINE_BINS)


def _extremes(slices: Iterator[Array]) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    for pixels in slices:
        numbers = pixels[np.isfinite(pixels)]
        if numbers.size:
            low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    return (low, high) if high >= low else (0.0, 0.0)


class _Counter:
    """Counts of values per channel, in bins of `width` from `low` on."""

    def __init__(self, header: MetaImageHeader, *, low: float, width: float, bins: int) -> None:
        self._low = low
        self._width = width
        self._whole = header.dtype.kind in "iu"
        self._counts = np.zeros((header.components, bins), dtype=np.int64)
        self._sum = 0.0

    def add(self, pixels: Array) -> None:
        """Count one slice."""
        channels = pixels.reshape(-1, self._counts.shape[0])
        bins = self._counts.shape[1]
        for channel in range(channels.shape[1]):
            values = channels[:, channel]
            if self._whole:
                values = values.astype(np.int64)
            else:
                values = values[np.isfinite(values)].astype(np.float64)
            self._sum += float(values.sum())
            places = ((values - self._low) / self._width).astype(np.int64)
            self._counts[channel] += np.bincount(places.clip(0, bins - 1), minlength=bins)

    def histogram(self) -> dict[str, Any] | None:
        """Return counts in few bins, extremes, mean and percentiles; nothing without numbers.

        ``values`` are all values that occur, if they are whole numbers and not too many: the
        labels, should this be a segmentation.
        """
        together = self._counts.sum(axis=0)
        total = int(together.sum())
        if not total or not np.isfinite([self._sum, self._width]).all():
            return None
        filled = np.flatnonzero(together)
        first, last = int(filled[0]), int(filled[-1])
        group = -(-(last - first + 1) // BINS)
        edges = np.arange(first, last + 1, group)
        return {
            "values": self._values(filled),
            "low": self._value(first),
            "high": self._value(last),
            "width": group * self._width,
            "counts": np.add.reduceat(self._counts[:, : last + 1], edges, axis=1).tolist(),
            "total": total,
            "mean": self._sum / total,
            "percentiles": {str(p): self._percentile(together, p) for p in (1, 50, 99)},
        }

    def _values(self, filled: Array) -> list[int] | None:
        if not self._whole or self._width != 1.0 or len(filled) > MOST_VALUES:
            return None
        return [int(self._value(int(place))) for place in filled]

    def _percentile(self, counts: Array, percent: int) -> float:
        wanted = counts.sum() * percent / 100
        return self._value(int(np.searchsorted(np.cumsum(counts), wanted)))

    def _value(self, place: int) -> float:
        return float(self._low + place * self._width)
