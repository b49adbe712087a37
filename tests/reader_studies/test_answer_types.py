"""Types of answers, without a database: what is taken, shown, written into tables, compared."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sockets.schemas import KINDS
from reader_studies.answer_types import ANSWER_TYPES, InvalidAnswer, Option, Rules, get_answer_type
from reader_studies.answer_types.drawings import KEYS

OPTIONS = Rules(options=[Option(7, "Good"), Option(8, "Bad; worse"), Option(9, "[odd]")])
MASK_KEY = "01a20000-0000-7000-8000-000000000001"


def clean(key: str, raw: Any, **rules: Any) -> Any:
    return get_answer_type(key).clean(raw, Rules(**rules))


def test_the_types_of_the_public_api() -> None:
    assert len(ANSWER_TYPES) == 23
    assert {found.label for found in ANSWER_TYPES.values()} == {
        *("Text", "Bool", "Number", "Heading", "Choice", "Multiple choice", "Mask"),
        *(KINDS[key].label for key in KEYS),
    }


@pytest.mark.parametrize("key", ANSWER_TYPES)
@pytest.mark.parametrize("raw", [None, "", "  ", [], {}])
def test_nothing_is_no_answer(key: str, raw: Any) -> None:
    assert get_answer_type(key).clean(raw, OPTIONS) is None


@pytest.mark.parametrize("key", KEYS)
def test_drawings_are_values_of_their_kind(key: str) -> None:
    found = get_answer_type(key)
    example = KINDS[key].example
    assert found.clean(example, Rules()) == example
    cell = found.to_cell(example, Rules())
    assert isinstance(cell, str)
    assert found.from_cell(cell, Rules()) == example
    assert found.count(example) == (2 if KINDS[key].objects else 1)
    assert "drawn" in found.shown(example, Rules())
    assert found.agrees(example, example) is None


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("wrong", ["circle", 3, True, [1], {"type": "Circle"}, "[" * 100_000])
def test_other_drawings_are_refused(key: str, wrong: Any) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        get_answer_type(key).clean(wrong, Rules())
    assert len(str(raised.value)) < 400


def test_a_drawing_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidAnswer, match="Point"):
        clean("POIN", KINDS["DIST"].example)


def test_many_without_one_is_no_answer() -> None:
    assert clean("MPOI", {**KINDS["MPOI"].example, "points": []}) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "1", None])
def test_places_are_numbers(bad: Any) -> None:
    with pytest.raises(InvalidAnswer):
        clean("POIN", {**KINDS["POIN"].example, "point": [1.0, 2.0, bad]})


class TestNumbers:
    @pytest.mark.parametrize("raw", ["0.3", "0,3", 0.3, "0.30", 0.1 + 0.2 - 4e-17])
    def test_steps_are_decimal(self, raw: Any) -> None:
        rules = {"minimum": 0.0, "maximum": 1.0, "step": Decimal("0.1")}
        assert clean("NUMB", raw, **rules) == pytest.approx(0.3)

    def test_between_two_steps(self) -> None:
        with pytest.raises(InvalidAnswer, match=r"steps of 0\.5 from 1; .* are 1\.5 and 2\."):
            clean("NUMB", "1.7", minimum=1.0, step=Decimal("0.500000000"))

    def test_steps_below_nothing(self) -> None:
        with pytest.raises(InvalidAnswer, match="are -2 and 0"):
            clean("NUMB", "-0.5", step=Decimal(2))
        assert clean("NUMB", "-4", step=Decimal(2)) == -4.0

    @given(st.integers(0, 1000), st.sampled_from(["0.1", "0.25", "0.01", "3", "0.000001"]))
    def test_every_step_is_taken(self, count: int, step: str) -> None:
        value = float(Decimal(step) * count)
        assert clean("NUMB", value, minimum=0.0, step=Decimal(step)) == value

    @pytest.mark.parametrize("raw", [10**400, [3], {"a": 1}, True, "1" * 65, "0x10"])
    def test_no_numbers(self, raw: Any) -> None:
        with pytest.raises(InvalidAnswer, match="enter a number"):
            clean("NUMB", raw)

    @pytest.mark.parametrize("raw", [1.5e15, "-1e300", 10**20])
    def test_larger_than_any_measure(self, raw: Any) -> None:
        with pytest.raises(InvalidAnswer, match="1e15"):
            clean("NUMB", raw)
        assert clean("NUMB", "-1e15") == -1e15

    @pytest.mark.parametrize("minimum", [-1e300, float("nan")])
    def test_steps_that_nobody_can_count(self, minimum: float) -> None:
        with pytest.raises(InvalidAnswer, match="steps"):
            clean("NUMB", 3, minimum=minimum, step=Decimal("0.000000001"))


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "said"),
        [("ab", "at least 3"), ("abcdefg", "under 7"), ("abc1", "in the form")],
    )
    def test_length_and_form(self, text: str, said: str) -> None:
        rules = {"min_length": 3, "max_length": 6, "pattern": "^[a-z]+$"}
        assert clean("TEXT", " abcd ", **rules) == "abcd"
        with pytest.raises(InvalidAnswer, match=said):
            clean("TEXT", text, **rules)

    @pytest.mark.parametrize("pattern", ["(", "(abc){600}"])
    def test_forms_that_cannot_be_looked_for(self, pattern: str) -> None:
        with pytest.raises(InvalidAnswer, match=r"regular expression|too long"):
            clean("TEXT", "abc" * 3_000, pattern=pattern)

    def test_a_heading_takes_nothing(self) -> None:
        assert not get_answer_type("HEAD").answerable
        with pytest.raises(InvalidAnswer):
            clean("HEAD", "words")


class TestChoices:
    @pytest.mark.parametrize(
        ("raw", "stored"), [([8, 7], [7, 8]), (["9"], [9]), (7, [7]), ([7, "7", 7], [7])]
    )
    def test_several(self, raw: Any, stored: list[int]) -> None:
        assert get_answer_type("MCHO").clean(raw, OPTIONS) == stored

    @pytest.mark.parametrize(
        "raw", [[1], ["Good"], [True], [[7]], [None], [7.0], {"a": 7}, [7] * 2000]
    )
    def test_not_among_the_options(self, raw: Any) -> None:
        with pytest.raises(InvalidAnswer, match="among the options"):
            get_answer_type("MCHO").clean(raw, OPTIONS)

    def test_order_does_not_matter_to_agreement(self) -> None:
        found = get_answer_type("MCHO")
        assert found.agrees([7, 8], [8, 7])
        assert not found.agrees([7], [7, 8])

    @pytest.mark.parametrize("chosen", [[7], [7, 8], [9], [7, 8, 9]])
    def test_cells_come_back(self, chosen: list[int]) -> None:
        found = get_answer_type("MCHO")
        assert found.from_cell(str(found.to_cell(chosen, OPTIONS)), OPTIONS) == chosen

    def test_cells_know_titles_however_they_are_written(self) -> None:
        assert get_answer_type("CHOI").from_cell(" good ", OPTIONS) == 7
        with pytest.raises(InvalidAnswer, match="“Great” is none of the options; they are “Good”"):
            get_answer_type("CHOI").from_cell("Great", OPTIONS)
        with pytest.raises(InvalidAnswer, match="none of the options"):
            get_answer_type("MCHO").from_cell("Good; Great", OPTIONS)

    def test_cells_that_are_nested_without_end(self) -> None:
        with pytest.raises(InvalidAnswer, match="JSON list"):
            get_answer_type("MCHO").from_cell("[" * 100_000, OPTIONS)


class TestMasks:
    @pytest.mark.parametrize(
        "raw", [{"image": MASK_KEY}, json.dumps({"image": MASK_KEY}), MASK_KEY]
    )
    def test_by_an_image(self, raw: Any) -> None:
        assert clean("MASK", raw) == {"image": MASK_KEY}

    def test_while_it_is_painted(self) -> None:
        assert clean("MASK", {"mask": MASK_KEY}) == {"mask": MASK_KEY}

    @pytest.mark.parametrize(
        "raw", [{"image": "x"}, {"file": MASK_KEY}, {"image": MASK_KEY, "mask": MASK_KEY}, 3, ["a"]]
    )
    def test_nothing_else(self, raw: Any) -> None:
        with pytest.raises(InvalidAnswer):
            clean("MASK", raw)
