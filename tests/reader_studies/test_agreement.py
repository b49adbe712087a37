import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader_studies.statistics import fleiss_kappa, percent_agreement

# The worked example of Fleiss (1971) as tabulated widely: 10 subjects, 14 raters, 5 categories.
TABLE = [
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
]
EXAMPLE = [[category for category, n in enumerate(row) for _ in range(n)] for row in TABLE]


def test_published_example() -> None:
    assert fleiss_kappa(EXAMPLE) == pytest.approx(0.210, abs=5e-4)
    assert percent_agreement(EXAMPLE) == pytest.approx(0.378, abs=5e-4)


def test_perfect_agreement_on_different_answers() -> None:
    assert fleiss_kappa([["a", "a"], ["b", "b"]]) == 1
    assert percent_agreement([["a", "a"], ["b", "b"]]) == 1


def test_systematic_disagreement() -> None:
    assert fleiss_kappa([["a", "b"], ["b", "a"]]) == -1
    assert percent_agreement([["a", "b"]]) == 0


@pytest.mark.parametrize("cases", [[], [["a"]], [[], ["b"]]])
def test_nothing_to_compare(cases) -> None:
    assert fleiss_kappa(cases) is None
    assert percent_agreement(cases) is None


def test_kappa_is_undefined_when_everybody_always_says_the_same() -> None:
    assert fleiss_kappa([["a", "a"], ["a", "a"]]) is None
    assert percent_agreement([["a", "a"], ["a", "a"]]) == 1


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=2, max_size=6), min_size=1, max_size=20))
def test_bounds_and_order(cases) -> None:
    kappa = fleiss_kappa(cases)
    assert kappa is None or -1 <= kappa <= 1 + 1e-12
    turned = [list(reversed(answers)) for answers in reversed(cases)]
    assert fleiss_kappa(turned) == pytest.approx(kappa) if kappa is not None else True
