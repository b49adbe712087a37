"""Signed addresses that were changed open nothing; those that were not open their file."""

import random
from pathlib import Path

import pytest

from tests.delivery.mutations import FAMILIES
from tests.delivery.trial import run_trial

pytestmark = pytest.mark.django_db
SEED = 20261126


def test_a_sample_of_the_trial(tmp_path: Path) -> None:
    """`make accept ISSUE=signatures` runs ten thousand."""
    seed = random.SystemRandom().randrange(2**32)  # each run tries others; the seed is in the error
    for chosen in (SEED, seed):
        try:
            found = run_trial(tmp_path / str(chosen), count=550, seed=chosen, files=2)
        except AssertionError as error:
            raise AssertionError(f"seed {chosen}: {error}") from error
        assert len(found["signed_by"]) == 20
        assert set(found["endpoint"]["refused"]) == {one.__name__.strip("_") for one in FAMILIES}
        assert sum(found["verifier"]["refused"].values()) == 550
