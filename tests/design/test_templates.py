"""Every template of the product compiles and keeps to the rules of the design system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Engine

BASE = Path(settings.BASE_DIR)
FOLDERS = [BASE / name for name in ("app", "archives", "algorithms", "reader_studies", "viewer")]
TEMPLATES = sorted(path for folder in FOLDERS for path in folder.rglob("templates/**/*.html"))
LIBRARIES = {
    name: f"app.design.templatetags.{name}" for name in ("assets", "components", "navigation")
}
ENGINE = Engine(
    libraries={
        **LIBRARIES,
        "static": "django.templatetags.static",
        "l10n": "django.templatetags.l10n",
        "allauth": "allauth.templatetags.allauth",
        "socialaccount": "allauth.socialaccount.templatetags.socialaccount",
    }
)
INLINE = re.compile(
    r"<style\b|\sstyle=[\"']|\son[a-z]+=[\"']|<script(?![^>]*\bsrc=)", re.IGNORECASE
)
OUTSIDE = re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE)
TAG = re.compile(r"\{[%{].*?[%}]\}", re.DOTALL)
LOADED = re.compile(r"\{%\s*load\s+(?P<names>[^%]+?)\s*%\}")


def name_of(path: Path) -> str:
    """Return a template's path inside the repository."""
    return str(path.relative_to(BASE))


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_compiles(path: Path) -> None:
    source = path.read_text()
    loaded = {name for match in LOADED.finditer(source) for name in match["names"].split()}
    own = {name for name in loaded if name not in ENGINE.libraries}
    engine = Engine(libraries={**ENGINE.libraries, **{name: library_of(name) for name in own}})
    engine.from_string(source)


def library_of(name: str) -> str:
    """Return the module of a tag library that an application, or Django, brings."""
    if name == "humanize":
        return "django.contrib.humanize.templatetags.humanize"
    found = [path for folder in FOLDERS for path in folder.rglob(f"templatetags/{name}.py")]
    assert len(found) == 1, f"{len(found)} tag libraries are called {name}"
    return ".".join(found[0].relative_to(BASE).with_suffix("").parts)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_nothing_inline_and_nothing_from_outside(path: Path) -> None:
    source = TAG.sub("", path.read_text())
    assert INLINE.findall(source) == []
    assert OUTSIDE.findall(source) == []
