"""The values of voxels in areas and masks: their mean, spread, least and greatest."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.core.errors import ValidationFailed
from app.core.storage import ObjectMissing, get_store
from app.images.models import Image, ImageFile
from app.images.slices import PackError
from app.images.slices.metaimage import header_of, slices_of
from viewer.annotations.measuring import Measurement
from viewer.annotations.models import Annotation
from viewer.annotations.regions import Region, regions_of
from viewer.annotations.services.masks import full_slices, grid_of, standing_slices
from viewer.annotations.slices import Grid, count_labels, unpack

MOST_READ_BYTES = 4 * 2**30
"""The most bytes of pixels that are read for one table."""
MOST_VOXELS = 20_000_000
"""The most voxels in flat shapes that are looked at for one table; they wait in memory."""
LEAST_COST = 1_000
"""What a shape costs of these at least, however small: there may be many."""


@dataclass
class _Tally:
    """Numbers of the voxels seen so far; NaN is no number."""

    item: int | None
    name: str
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    greatest: float = -math.inf

    def add(self, values: NDArray[Any]) -> None:
        """Take some voxels in."""
        numbers = values.astype(np.float64)
        numbers = numbers[np.isfinite(numbers)]
        if not numbers.size:
            return
        # Welford's sums for whole slices: exact also where the spread is small beside the mean
        mean = float(numbers.mean())
        spread = float(((numbers - mean) ** 2).sum())
        both = self.count + numbers.size
        apart = mean - (self.total / self.count if self.count else mean)
        self.squares += spread + apart**2 * self.count * numbers.size / both
        self.count, self.total = both, self.total + float(numbers.sum())
        self.least = min(self.least, float(numbers.min()))
        self.greatest = max(self.greatest, float(numbers.max()))

    def measurements(self) -> Iterator[Measurement]:
        """Yield what is known of the voxels."""
        where: dict[str, Any] = {"item": self.item, "name": self.name}
        yield Measurement("voxels with a value", self.count, "", **where)
        if self.count:
            yield Measurement("mean", self.total / self.count, "", **where)
            spread = math.sqrt(self.squares / self.count)
            yield Measurement("standard deviation", spread, "", **where)
            yield Measurement("minimum", self.least, "", **where)
            yield Measurement("maximum", self.greatest, "", **where)


@dataclass
class _Budget:
    """What is left for one table."""

    voxels: int = field(default_factory=lambda: MOST_VOXELS)
    read_bytes: int = field(default_factory=lambda: MOST_READ_BYTES)

    def spend_shape(self, region: Region) -> None:
        """Take the voxels of a shape off."""
        self.voxels -= max(len(region.voxels), LEAST_COST)
        if self.voxels < 0:
            raise ValidationFailed(
                f"These areas have more than {MOST_VOXELS:,} voxels together.",
                advice="Ask without the values of voxels, or for one image.",
            )

    def spend_bytes(self, count: int) -> None:
        """Take bytes of pixels off that are about to be read."""
        self.read_bytes -= count
        if self.read_bytes < 0:
            raise _too_large()


def _largest_plane(size: Sequence[int]) -> int:
    _, *sides = sorted(size)
    return sides[0] * sides[1]


def _too_large() -> ValidationFailed:
    return ValidationFailed(
        "These images are too large for the values of their voxels.",
        advice="Ask without them, or for one image.",
    )


@dataclass
class _Area:
    """What is tallied of one annotation: its flat shapes, or the labels of its slices."""

    annotation: Annotation
    timepoint: int
    tallies: list[_Tally] = field(default_factory=list)
    shapes: dict[int, list[tuple[Region, _Tally]]] = field(default_factory=dict)
    labels: dict[int, _Tally] = field(default_factory=dict)
    masked: set[int] = field(default_factory=set)

    @property
    def slices(self) -> set[int]:
        """The slices of its time point that it needs."""
        return self.masked.union(self.shapes)

    def add(self, region: Region) -> None:
        """Put a shape where its slices are found."""
        tally = _Tally(region.item, region.name)
        self.tallies.append(tally)
        for index in region.slices:
            self.shapes.setdefault(index, []).append((region, tally))

    def take(self, index: int, pixels: NDArray[Any], grid: Grid | None) -> None:
        """Take a slice in."""
        for region, tally in self.shapes.pop(index, ()):
            tally.add(pixels[region.on(index)])
        if index in self.masked and grid is not None:
            drawn = unpack(_data(self.annotation, index), grid=grid)
            for label in count_labels(drawn).keys() & self.labels.keys():
                self.labels[label].add(pixels[drawn == label])


def voxel_statistics(annotations: Iterable[Annotation]) -> dict[UUID, list[Measurement]]:
    """Return what the voxels in areas and masks are, by annotation; each image is read once.

    Colors have no one value, and slides are not read: they have none. Raises `ValidationFailed`
    for more than one table may ask for.
    """
    by_image: dict[UUID, list[Annotation]] = {}
    for annotation in annotations:
        by_image.setdefault(annotation.image_id, []).append(annotation)
    found: dict[UUID, list[Measurement]] = {}
    budget = _Budget()
    for drawn in by_image.values():
        image = drawn[0].image
        file = ImageFile.objects.filter(image=image, kind=ImageFile.Kind.MHA).first()
        if file is None or image.components != 1:
            continue
        if _largest_plane(image.size) > MOST_VOXELS:  # a single shape could be that large
            raise _too_large()
        areas = [_area(annotation, budget) for annotation in drawn]
        _read(image, file, areas, budget)
        for area in areas:
            measured = [one for tally in area.tallies for one in tally.measurements()]
            found[area.annotation.pk] = measured
    return found


def _area(annotation: Annotation, budget: _Budget) -> _Area:
    area = _Area(annotation, timepoint=(annotation.frame or {}).get("timepoint", 0))
    if annotation.is_mask:
        area.masked = set(full_slices(annotation).values_list("index", flat=True))
        area.labels = {
            segment["voxel_value"]: _Tally(item, segment["name"])
            for item, segment in enumerate(annotation.value["segments"])
            if segment["voxel_value"]
        }
        area.tallies = list(area.labels.values())
    else:
        for region in regions_of(annotation.value, kind=annotation.kind, grid=annotation.image):
            budget.spend_shape(region)
            area.add(region)
    return area


def _read(image: Image, file: ImageFile, areas: list[_Area], budget: _Budget) -> None:
    """Take in the slices that areas need, first to last."""
    wanted: dict[int, list[_Area]] = {}
    depth = image.size[2]
    for area in areas:
        for index in area.slices:
            wanted.setdefault(area.timepoint * depth + index, []).append(area)
    try:
        with get_store().open(file.key) as stored:
            header = header_of(stored)
            if list(header.size) != list(image.size):
                raise PackError("damaged", "The file has another size than its image.")
            budget.spend_bytes((max(wanted, default=-1) + 1) * header.slice_bytes)
            for number, pixels in enumerate(slices_of(stored, header) if wanted else ()):
                for area in wanted.pop(number, ()):
                    area.take(number % depth, pixels, _grid(area.annotation))
                if not wanted:
                    break
    except (PackError, ObjectMissing) as error:
        raise ValidationFailed(f"{image.name} cannot be read: {error}") from error


def _grid(annotation: Annotation) -> Grid | None:
    return grid_of(annotation.image, bits=annotation.value["bits"]) if annotation.is_mask else None


def _data(annotation: Annotation, index: int) -> bytes:
    found = standing_slices(annotation).filter(index=index).first()
    return b"" if found is None else bytes(found.data)
