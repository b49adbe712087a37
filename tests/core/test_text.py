"""Cells that other programs read."""

import pytest

from app.core.text import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']
)
def test_formulas_become_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "5", " =1", "Größe", "'=1"])
def test_other_text_is_left_alone(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize("value", [-1, -1.5, None, True])
def test_only_text_is_looked_at(value: object) -> None:
    assert safe_cell(value) is value
