import numpy as np
import pytest

from app.challenges.ranking.resampling import (
    Design,
    DesignInvalid,
    blocks,
    design_of,
    draw_counts,
)


def simple(cases: int) -> Design:
    return design_of([f"{case:04}" for case in range(cases)], [""] * cases)


def draws(design: Design, count: int, *, seed: int = 1, task: str = "t") -> np.ndarray:
    return draw_counts(design, seed=seed, task=task, first=0, count=count)


def test_draws_are_known_numbers() -> None:
    """Philox with this key and counter: if this changes, every published ranking does."""
    assert draws(simple(5), 3, seed=42).tolist() == KNOWN


KNOWN = [[0, 1, 1, 0, 3], [1, 0, 3, 0, 1], [2, 1, 1, 0, 1]]


def test_every_draw_is_its_own_whatever_was_drawn_before() -> None:
    design = simple(7)
    together = draws(design, 10)
    for draw in (0, 4, 9):
        alone = draw_counts(design, seed=1, task="t", first=draw, count=1)
        assert alone.tolist() == together[draw : draw + 1].tolist()


def test_seed_and_task_make_other_draws() -> None:
    design = simple(20)
    found = {
        draws(design, 1, seed=seed, task=task).tobytes() for seed in (1, 2) for task in ("t", "u")
    }
    assert len(found) == 4


def test_cases_are_drawn_with_replacement_as_often_as_there_are() -> None:
    found = draws(simple(30), 2000)
    assert (found.sum(axis=1) == 30).all()
    np.testing.assert_allclose(found.mean(axis=0), 1, atol=0.1)
    np.testing.assert_allclose(found.var(axis=0), 1 - 1 / 30, atol=0.2)


def test_clusters_are_drawn_as_a_whole() -> None:
    design = design_of(["p", "p", "q", "r", "r", "r"], [""] * 6)
    assert (design.units, design.simple) == (3, False)
    found = draws(design, 200)
    assert (found[:, 0] == found[:, 1]).all()
    assert (found[:, 3] == found[:, 5]).all()
    assert (found[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_strata_keep_their_size() -> None:
    design = design_of(list("abcdef"), ["x", "y", "x", "y", "y", "y"])
    assert not design.simple
    found = draws(design, 200)
    assert (found[:, [0, 2]].sum(axis=1) == 2).all()
    assert (found[:, [1, 3, 4, 5]].sum(axis=1) == 4).all()


def test_clusters_lie_in_one_stratum() -> None:
    with pytest.raises(DesignInvalid, match="“p” lies in the strata “x” and “y”"):
        design_of(["p", "p"], ["x", "y"])


def test_some_of_the_cases_have_a_design_of_their_own() -> None:
    design = design_of(["p", "p", "q", "r"], ["x", "x", "x", "y"]).only(np.array([1, 2]))
    assert (design.unit.tolist(), design.units, len(design.strata)) == ([0, 1], 2, 1)
    assert design.simple


@pytest.mark.parametrize(("draws_", "per_draw"), [(0, 5), (1, 1), (1000, 10_000), (3, 10**9)])
def test_blocks_hold_all_draws_in_order(draws_, per_draw) -> None:
    found = [
        draw for first, n in blocks(draws_, per_draw=per_draw) for draw in range(first, first + n)
    ]
    assert found == list(range(draws_))
