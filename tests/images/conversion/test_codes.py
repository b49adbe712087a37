"""The codes and the page that explains them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app.images.conversion
from app.images.conversion import CODES, ConversionError

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "conversion.md").read_text()
SOURCES = [path.read_text() for path in Path(app.images.conversion.__path__[0]).rglob("*.py")]


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_code_is_explained(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}` \|(.+)\|$", PAGE, flags=re.MULTILINE)
    meaning, advice = row.split("|")
    assert len(meaning.split()) >= 3
    assert len(advice.split()) >= 3


def test_the_page_explains_no_code_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, flags=re.MULTILINE)) == set(CODES)


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_code_is_used(name: str) -> None:
    uses = sum(source.count(f'"{name}"') for source in SOURCES)
    assert uses >= 2


def test_an_error_cannot_carry_an_unknown_code() -> None:
    with pytest.raises(ValueError, match="no conversion code"):
        ConversionError("SomethingElse", "no")
