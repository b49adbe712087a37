"""Icons: the names that templates use exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from app.design.icons import ICON_DATA, UnknownIconError, all_icons, icon_body
from app.design.management.commands.collect_icons import wanted_names
from app.design.templatetags.navigation import SECTIONS
from tests.design.rendering import HOSTILE, Elements, render

USE = re.compile(r"""(?:\{%\s*icon\s+|\b(?:empty_)?icon=)["'](?P<name>[^"']+)["']""")


def templates() -> list[Path]:
    """Return every template of the product."""
    base = Path(settings.BASE_DIR)
    folders = [
        base / name for name in ("app", "archives", "algorithms", "reader_studies", "viewer")
    ]
    return [path for folder in folders for path in folder.rglob("templates/**/*.html")]


def test_every_icon_in_a_template_exists() -> None:
    used = {
        (match["name"], path.name)
        for path in templates()
        for match in USE.finditer(path.read_text())
        if match["name"]
    }
    assert len(used) > 20
    assert {(name, where) for name, where in used if name not in all_icons()} == set()


def test_navigation_icons_exist() -> None:
    assert {section.icon for section in SECTIONS} <= all_icons().keys()


def test_the_data_holds_exactly_the_wanted_names() -> None:
    assert sorted(all_icons()) == wanted_names()
    assert "lucide-static" in ICON_DATA.read_text()[:80]


def test_an_icon_is_decoration_unless_named() -> None:
    assert Elements(render("{% icon 'archive' %}")).one("svg")["aria-hidden"] == "true"
    named = Elements(render("{% icon 'archive' label=label %}", label=HOSTILE)).one("svg")
    assert named["role"] == "img"
    assert named["aria-label"] == HOSTILE


def test_an_unknown_icon_says_what_to_do() -> None:
    with pytest.raises(UnknownIconError, match="collect_icons"):
        icon_body("no-such-icon")
