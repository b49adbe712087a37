import math

import pytest

from app.challenges.ranking.canonical import canonical_json, rounded


def test_one_spelling() -> None:
    assert canonical_json({"b": [1, 0.5], "a": "å"}) == '{"a":"å","b":[1,0.5]}\n'.encode()


def test_no_number_that_json_has_not() -> None:
    with pytest.raises(ValueError):
        canonical_json({"a": math.nan})


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (1.0, 1),
        (-0.0, 0),
        (0.1 + 0.2, 0.3),
        (1 / 3, 0.333333333333),
        (1e-30 / 3, 3.33333333333e-31),
        (1e300, 1e300),
        (math.nan, None),
        (math.inf, None),
        (True, True),
        (None, None),
        ("1.0", "1.0"),
        ({"a": (1.0, [2.5])}, {"a": [1, [2.5]]}),
    ],
)
def test_numbers_of_results(value, result) -> None:
    found = rounded(value)
    assert found == result
    assert type(found) is type(result)
