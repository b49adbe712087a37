"""The codes and the page that explains them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app.images.conversion
from app.images.conversion import CODES, ConversionError
from app.images.management.commands.convert import Command

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


@pytest.mark.parametrize(
    ("heading", "kind"), [("Errors", "error"), ("Notices", "notice"), ("Remarks", "remark")]
)
def test_codes_stand_under_their_kind(heading: str, kind: str) -> None:
    section = PAGE.split(f"### {heading}\n")[1].split("\n#")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE))
    assert named == {code.name for code in CODES.values() if code.kind == kind}


def test_the_page_names_every_option_of_the_command() -> None:
    parser = Command().create_parser("manage.py", "convert")
    own = {"--output", "--json", "--jobs", "--tilt"}
    options = {text for action in parser._actions for text in action.option_strings}
    assert own <= options
    assert all(f"`{option}" in PAGE for option in own)


@pytest.mark.parametrize("name", sorted(CODES))
def test_every_code_is_used(name: str) -> None:
    uses = sum(source.count(f'"{name}"') for source in SOURCES)
    assert uses >= 2


def test_an_error_cannot_carry_an_unknown_code() -> None:
    with pytest.raises(ValueError, match="no conversion code"):
        ConversionError("SomethingElse", "no")
