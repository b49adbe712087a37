"""One order over several phases: by hand, and what holds for any."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.challenges.ranking.combining import Absent, Part, combine_ranks, combine_scores
from app.challenges.ranking.positions import Direction


def ranks(
    *parts: dict[str, float], weights: tuple[float, ...] = (), absent: str = "WORST"
) -> dict[str, tuple[float | None, int | None]]:
    weighed = [Part(one, weight) for one, weight in zip(parts, weights or (1,) * 9, strict=False)]
    found = combine_ranks(weighed, absent=Absent(absent))
    return {key: (one.value, one.rank) for key, one in found.items()}


def test_the_mean_of_ranks_by_hand() -> None:
    found = ranks({"a": 1, "b": 2, "c": 3}, {"a": 3, "b": 1, "c": 2})
    assert found == {"b": (1.5, 1), "a": (2.0, 2), "c": (2.5, 3)}


def test_weights_by_hand() -> None:
    found = ranks({"a": 1, "b": 2}, {"a": 2, "b": 1}, weights=(3, 1))
    assert found == {"a": (1.25, 1), "b": (1.75, 2)}


def test_ties_share_the_smallest_place_and_the_next_is_skipped() -> None:
    found = ranks({"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 1, "c": 3})
    assert found == {"a": (1.5, 1), "b": (1.5, 1), "c": (3.0, 3)}


def test_who_is_missing_gets_the_worst_rank_and_one() -> None:
    found = ranks({"a": 1, "b": 2, "c": 2}, {"b": 1})
    assert found == {"b": (1.5, 1), "a": (1.5, 1), "c": (2.0, 3)}


def test_who_is_missing_is_left_out_and_still_there() -> None:
    found = combine_ranks([Part({"a": 1, "b": 2}), Part({"b": 1, "c": 2})], absent=Absent.OUT)
    assert list(found) == ["b", "a", "c"]
    assert (found["b"].rank, found["a"].rank, found["c"].rank) == (1, None, None)
    assert (found["b"].absent, found["a"].absent, found["c"].absent) == ((), (1,), (0,))


def test_a_phase_that_ranks_nobody_changes_no_order() -> None:
    assert ranks({"a": 1, "b": 2}, {}) == {"a": (1.0, 1), "b": (1.5, 2)}
    assert ranks({}, {}) == {}


def test_the_mean_of_scores_by_hand() -> None:
    parts = [Part({"a": 0.9, "b": 0.5}, 1), Part({"a": 0.5, "b": 0.8, "c": 1.0}, 3)]
    higher = combine_scores(parts, direction=Direction.HIGHER)
    assert [(key, one.rank) for key, one in higher.items()] == [("b", 1), ("a", 2), ("c", None)]
    lower = combine_scores(parts, direction=Direction.LOWER)
    assert [(key, one.rank) for key, one in lower.items()] == [("a", 1), ("b", 2), ("c", None)]


PLACES = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 12).map(lambda n: n / 2))
PARTS = st.lists(st.tuples(PLACES, st.floats(0.01, 100)), min_size=1, max_size=5)
RULES = st.sampled_from(list(Absent))


@given(PARTS, RULES, st.randoms())
def test_the_order_of_phases_does_not_matter(
    parts: list[tuple[dict[str, float], float]], absent: Absent, chance: st.DataObject
) -> None:
    there = [Part(*one) for one in parts]
    shuffled = list(there)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (combine_ranks(each, absent=absent) for each in (there, shuffled))
    assert {key: each.rank for key, each in one.items()} == {k: e.rank for k, e in other.items()}


@given(PARTS, RULES)
def test_nobody_is_dropped(parts: list[tuple[dict[str, float], float]], absent: Absent) -> None:
    found = combine_ranks([Part(*one) for one in parts], absent=absent)
    assert set(found) == {key for values, _ in parts for key in values}
    for one in found.values():
        assert (one.rank is None) == (absent is Absent.OUT and bool(one.absent))


@given(PARTS)
def test_a_dominated_entrant_is_never_above(
    parts: list[tuple[dict[str, float], float]],
) -> None:
    values = [{**places, "good": 1.0, "bad": 2.0} for places, _ in parts]
    there = [Part(one, weight) for one, (_, weight) in zip(values, parts, strict=True)]
    found = combine_ranks(there, absent=Absent.WORST)
    good, bad = found["good"].rank, found["bad"].rank
    assert good is not None
    assert bad is not None
    assert good < bad


@given(PARTS, RULES, st.sampled_from([Fraction(1, 4), Fraction(2), Fraction(8)]))
def test_only_the_ratio_of_weights_counts(
    parts: list[tuple[dict[str, float], float]], absent: Absent, factor: Fraction
) -> None:
    there = [Part(*one) for one in parts]
    scaled = [Part(values, weight * float(factor)) for values, weight in parts]
    assert combine_ranks(there, absent=absent) == combine_ranks(scaled, absent=absent)
