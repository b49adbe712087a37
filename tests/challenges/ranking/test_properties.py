"""What holds for all scores: of entries' order, of monotone changes, of copies, of dominance."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.challenges.ranking.tables import pick, ranked

ABSOLUTE = {"kind": "absolute"}
MEDIAN = {"kind": "aggregate-then-rank", "aggregate": "median"}
QUANTILE = {"kind": "aggregate-then-rank", "aggregate": {"quantile": 0.25}}
PER_CASE = {"kind": "rank-then-aggregate"}
PER_CASE_MEDIAN = {"kind": "rank-then-aggregate", "aggregate": "median"}
TESTS = {"kind": "test-based"}
ALL = [ABSOLUTE, MEDIAN, QUANTILE, PER_CASE, PER_CASE_MEDIAN, TESTS]
MISSING = [{"rule": "worst"}, {"rule": "value", "value": 0}]
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TIES = st.sampled_from(["min", "average", "dense"])

VALUE = st.none() | st.integers(0, 20).map(lambda value: value / 20)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[float | None]]:
    cases = draw(st.integers(1, 8))
    entries = draw(st.integers(1, 5))
    row = st.lists(VALUE, min_size=cases, max_size=cases)
    return {f"a{entry}": draw(row) for entry in range(entries)}


@pytest.mark.parametrize("scheme", ALL)
@QUICK
@given(tables(), TIES, st.randoms())
def test_names_and_their_order_mean_nothing(scheme, scores, ties, random) -> None:
    names = list(scores)
    random.shuffle(names)
    renamed = dict(zip(names, scores.values(), strict=True))
    plainly = pick(ranked(scores, scheme, ties=ties), "rank")
    found = pick(ranked(renamed, scheme, ties=ties), "rank")
    assert {old: found[new] for old, new in zip(scores, names, strict=True)} == plainly


@pytest.mark.parametrize("scheme", ALL)
@QUICK
@given(tables(), st.randoms())
def test_order_of_cases_means_nothing(scheme, scores, random) -> None:
    order = list(range(len(next(iter(scores.values())))))
    random.shuffle(order)
    shuffled = {name: [values[at] for at in order] for name, values in scores.items()}
    assert ranked(shuffled, scheme) == ranked(scores, scheme)


@pytest.mark.parametrize("scheme", [MEDIAN, PER_CASE, PER_CASE_MEDIAN])
@QUICK
@given(tables())
def test_monotone_change_of_scores_keeps_the_ranks(scheme, scores) -> None:
    """For the median only with an odd number of cases, where it is one of the scores."""
    if scheme is MEDIAN and len(next(iter(scores.values()))) % 2 == 0:
        scores = {name: values[:-1] for name, values in scores.items()}
    bent = {
        name: [None if value is None else round(100 * value**3, 6) for value in values]
        for name, values in scores.items()
    }
    if any(scores.values()):
        assert pick(ranked(bent, scheme), "rank") == pick(ranked(scores, scheme), "rank")


@pytest.mark.parametrize("scheme", ALL)
@QUICK
@given(tables())
def test_scale_and_direction_keep_the_ranks(scheme, scores) -> None:
    turned = {
        name: [None if value is None else 10 - 4 * value for value in values]
        for name, values in scores.items()
    }
    lower = {"metrics": {"dice": {"direction": "lower"}}}
    found = pick(ranked(turned, scheme, **lower), "rank")
    if scheme is not QUANTILE:  # the lower quarter of one is the upper quarter of the other
        assert found == pick(ranked(scores, scheme), "rank")


@pytest.mark.parametrize("scheme", [ABSOLUTE, MEDIAN, PER_CASE, PER_CASE_MEDIAN])
@QUICK
@given(tables(), st.integers(2, 3))
def test_copies_of_all_cases_keep_the_ranks(scheme, scores, times) -> None:
    copied = {name: values * times for name, values in scores.items()}
    assert pick(ranked(copied, scheme), "rank") == pick(ranked(scores, scheme), "rank")


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize("scheme", [ABSOLUTE, MEDIAN, QUANTILE, PER_CASE, PER_CASE_MEDIAN])
@QUICK
@given(scores=tables(), ties=TIES, data=st.data())
def test_dominated_entry_is_never_above_its_dominator(scheme, missing, scores, ties, data) -> None:
    """Not promised by tests: dropping zeros can favor the weaker of two."""
    first = next(iter(scores.values()))
    worse = [
        None if value is None else data.draw(st.none() | st.integers(0, round(20 * value)))
        for value in first
    ]
    scores["dominated"] = [None if value is None else value / 20 for value in worse]
    found = ranked(scores, scheme, ties=ties, missing=missing)
    assert found["a0"]["rank"] <= found["dominated"]["rank"]


@QUICK
@given(st.integers(10, 30), st.integers(0, 2**32 - 1))
def test_clear_dominance_shows_in_tests_too(cases, seed) -> None:
    better = np.random.default_rng(seed).random(cases) + 1
    scores = {"a": better.round(6).tolist(), "b": (better - 0.5).round(6).tolist()}
    assert pick(ranked(scores, TESTS), "rank") == {"a": 1, "b": 2}
