"""The order in which readers get cases, and what rolls over."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reader_studies.ordering import rolls_over_from, shuffled


@given(st.lists(st.integers(), unique=True, max_size=30), st.text())
def test_the_same_seed_gives_the_same_order(items: list[int], seed: str) -> None:
    assert shuffled(items, seed=seed) == shuffled(list(reversed(items)), seed=seed)
    assert sorted(shuffled(items, seed=seed)) == sorted(items)


@given(st.lists(st.integers(), unique=True, min_size=2, max_size=30), st.text())
def test_a_case_more_leaves_the_others_in_their_order(items: list[int], seed: str) -> None:
    more, *others = items
    assert [item for item in shuffled(items, seed=seed) if item != more] == shuffled(
        others, seed=seed
    )


def test_every_case_is_as_likely_first() -> None:
    first = Counter(shuffled("abcd", seed=str(reader))[0] for reader in range(4000))
    assert all(900 < count < 1100 for count in first.values()), first


def test_rolling_over() -> None:
    assert [rolls_over_from(place, 0) for place in range(3)] == [None, None, None]
    assert [rolls_over_from(place, 1) for place in range(4)] == [None, 0, None, 2]
    assert [rolls_over_from(place, 2) for place in range(6)] == [None, 0, 1, None, 3, 4]
