"""Segment the one image in `/input` by the method that the container's command names.

Prints a line per step (they are the job's live log) and exits with 1 and one clear line when the
input is not usable.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.containers.algorithms.contract import OUTPUT_FOLDER, ContractError, image_input
from demo.containers.algorithms.metaimage import (
    MetaImage,
    MetaImageError,
    read_metaimage,
    write_metaimage,
)
from demo.containers.algorithms.nodules import enclosed_nodules, nodules_by_slice
from demo.containers.algorithms.otsu import bright_mean_threshold, otsu_threshold

__all__ = ["METHODS", "main", "segment"]

INPUT = Path("/input")
OUTPUT = Path("/output")
Mask = NDArray[np.bool_]
METHODS: dict[str, Callable[[MetaImage], Mask]] = {
    "nodules": lambda image: enclosed_nodules(_volume(image), spacing=image.spacing),
    "nodules-naive": lambda image: nodules_by_slice(_volume(image), spacing=image.spacing),
    "otsu": lambda image: image.array > otsu_threshold(image.array),
    "otsu-naive": lambda image: image.array > bright_mean_threshold(image.array),
}


def main(arguments: Sequence[str], *, input_root: Path = INPUT, output_root: Path = OUTPUT) -> int:
    """Run one method on one case; returns the exit code."""
    try:
        method = _method(arguments)
        started = time.monotonic()
        source = image_input(input_root)
        image = read_metaimage(source)
        _say(f"Read {source.name}: {_size(image.array)} voxels, {image.array.dtype}")
        mask = segment(image, method=method)
        _say(f"Segmented {int(np.count_nonzero(mask.array))} voxels by {method}")
        target = output_root / OUTPUT_FOLDER / source.name
        write_metaimage(target, mask)
        _say(f"Wrote {target.relative_to(output_root)} in {time.monotonic() - started:.1f} s")
    except (ContractError, MetaImageError, OSError) as problem:
        print(f"Error: {problem}", file=sys.stderr, flush=True)
        return 1
    return 0


def segment(image: MetaImage, *, method: str) -> MetaImage:
    """Return the mask of an image: 0 and 1, uint8, with the image's own geometry."""
    if not np.isfinite(image.array).all():
        raise MetaImageError("The image holds voxels that are not finite numbers.")
    mask = METHODS[method](image)
    return MetaImage(array=mask.astype(np.uint8), geometry=image.geometry)


def _method(arguments: Sequence[str]) -> str:
    if len(arguments) != 1 or arguments[0] not in METHODS:
        known = ", ".join(METHODS)
        raise ContractError(f"The command must name one method of: {known}.")
    return arguments[0]


def _volume(image: MetaImage) -> NDArray[Any]:
    if image.array.ndim != 3:
        raise ContractError("This method needs a volume; the image has a single slice.")
    return image.array


def _size(array: NDArray[Any]) -> str:
    return " x ".join(str(size) for size in reversed(array.shape))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
