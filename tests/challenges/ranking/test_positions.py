import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.challenges.ranking import Direction, MissingScore, rank_positions, score_at

SCORES = st.dictionaries(st.integers(), st.floats(allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize(
    ("scores", "direction", "ranks"),
    [
        ({}, Direction.HIGHER, {}),
        ({"a": 0.5}, Direction.LOWER, {"a": 1}),
        ({"a": 0.9, "b": 0.8, "c": 0.95}, Direction.HIGHER, {"a": 2, "b": 3, "c": 1}),
        ({"a": 0.9, "b": 0.8, "c": 0.95}, Direction.LOWER, {"a": 2, "b": 1, "c": 3}),
        ({"a": 1, "b": 1, "c": 0}, Direction.HIGHER, {"a": 1, "b": 1, "c": 3}),
        ({"a": 10, "b": 9}, Direction.HIGHER, {"a": 1, "b": 2}),
        ({"a": 0.0, "b": -0.0}, Direction.HIGHER, {"a": 1, "b": 1}),
    ],
)
def test_ranks_share_the_smallest_position(scores, direction, ranks) -> None:
    assert rank_positions(scores, direction=direction) == ranks


@given(SCORES)
def test_rank_counts_the_better_ones(scores) -> None:
    ranks = rank_positions(scores, direction=Direction.HIGHER)
    for key, score in scores.items():
        assert ranks[key] == 1 + sum(other > score for other in scores.values())


@given(SCORES)
def test_turning_the_direction_is_turning_the_sign(scores) -> None:
    turned = {key: -score for key, score in scores.items()}
    assert rank_positions(scores, direction=Direction.HIGHER) == rank_positions(
        turned, direction=Direction.LOWER
    )


def test_score_is_found_by_path() -> None:
    assert score_at({"aggregates": {"dice": {"mean": 0.75}}}, "aggregates.dice.mean") == 0.75
    assert score_at({"n": 3}, "n") == 3.0


@pytest.mark.parametrize(
    ("metrics", "path"),
    [
        ({}, "a"),
        ({"a": {}}, "a.b"),
        ({"a": [1]}, "a.0"),
        ({"a": True}, "a"),
        ({"a": "0.9"}, "a"),
        ({"a": None}, "a"),
        ({"a": float("nan")}, "a"),
        ({"a": float("inf")}, "a"),
        ([], "a"),
        (None, "a"),
    ],
)
def test_missing_score_is_named(metrics, path) -> None:
    with pytest.raises(MissingScore, match=path.split(".", maxsplit=1)[0]):
        score_at(metrics, path)
