"""The nodule algorithms on the portal's own phantoms, as the demo's challenge ranks them."""

from __future__ import annotations

import numpy as np
import pytest

from app.images.phantom import Phantom, generate
from demo.containers.algorithms.metaimage import MetaImage
from demo.containers.algorithms.segment import segment
from demo.containers.evaluation.scores import dice

SMALL = (60, 256, 256)


def drawn(seed: int, *, shape: tuple[int, int, int]) -> Phantom:
    """A phantom mirrored and moved at random, but by the seed alone."""
    rng = np.random.default_rng(seed)
    x, y, z = (bool(flip) for flip in rng.random(3) < 0.5)
    right, back = (float(way) for way in rng.uniform(-8, 8, 2))
    return generate(seed=seed, shape=shape, flips=(x, y, z), shift=(right, back, 0.0))


def score(phantom: Phantom, *, method: str) -> float:
    spacing = " ".join(str(edge) for edge in phantom.geometry.spacing)
    image = MetaImage(array=phantom.volume, geometry={"ElementSpacing": spacing})
    return dice(segment(image, method=method).array, phantom.truth)


@pytest.mark.parametrize("seed", range(5))
def test_the_good_algorithm_beats_the_naive_one_wherever_the_nodules_are(seed: int) -> None:
    phantom = drawn(seed, shape=SMALL)
    good = score(phantom, method="nodules")
    assert good >= 0.93
    assert score(phantom, method="nodules-naive") < good - 0.1


@pytest.mark.slow
def test_a_full_size_chest_is_segmented_well() -> None:
    phantom = drawn(20, shape=(120, 512, 512))
    good = score(phantom, method="nodules")
    assert good >= 0.95
    assert score(phantom, method="nodules-naive") < good - 0.1
