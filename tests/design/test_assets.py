"""The manifest of the front end becomes tags, and its absence a comment."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from app.design import assets
from tests.design.rendering import Elements, render

MANIFEST = {
    "app/design/frontend/site.ts": {
        "file": "assets/site-1.js",
        "name": "site",
        "isEntry": True,
        "css": ["assets/site-1.css"],
        "imports": ["_shared.js"],
    },
    "viewer/frontend/src/main.ts": {
        "file": "assets/viewer-1.js",
        "name": "viewer",
        "isEntry": True,
        "imports": ["_shared.js", "_deep.js"],
        "dynamicImports": ["lazy.ts"],
    },
    "_shared.js": {
        "file": "assets/shared-1.js",
        "imports": ["_deep.js"],
        "css": ["assets/s.css"],
    },
    "_deep.js": {"file": "assets/deep-1.js", "imports": ["_shared.js"]},
    "lazy.ts": {"file": "assets/lazy-1.js", "isDynamicEntry": True},
}


@pytest.fixture
def build(tmp_path: Path, settings: Settings) -> Path:
    """A build folder with a manifest."""
    settings.FRONTEND_BUILD = tmp_path
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


@pytest.mark.usefixtures("build")
def test_an_entry_brings_styles_preloads_and_script() -> None:
    page = Elements(render("{% vite_asset 'viewer' %}"))
    assert page.one("script") == {"type": "module", "src": "/static/assets/viewer-1.js"}
    preloads = [link["href"] for link in page.all("link", rel="modulepreload")]
    assert sorted(preloads, key=str) == [
        "/static/assets/deep-1.js",
        "/static/assets/shared-1.js",
    ]
    assert [a["href"] for a in page.all("link", rel="stylesheet")] == ["/static/assets/s.css"]


@pytest.mark.usefixtures("build")
def test_styles_of_shared_parts_come_before_the_entry_s_own() -> None:
    page = Elements(render("{% vite_asset 'site' %}"))
    styles = [link["href"] for link in page.all("link", rel="stylesheet")]
    assert styles == ["/static/assets/s.css", "/static/assets/site-1.css"]


@pytest.mark.usefixtures("build")
def test_an_unknown_entry_is_a_comment() -> None:
    html = render("{% vite_asset entry %}", entry="--><script>")
    assert html.startswith("<!--")
    assert html.count("-->") == 1
    assert "script" not in Elements(html).tags()


def test_a_new_build_is_seen_without_a_restart(build: Path) -> None:
    assert "site-1.js" in render("{% vite_asset 'site' %}")
    (build / "manifest.json").write_text(json.dumps(MANIFEST).replace("site-1", "site-22"))
    assert "site-22.js" in render("{% vite_asset 'site' %}")


def test_without_a_build_pages_say_so_once(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FRONTEND_BUILD = tmp_path / "none"
    with caplog.at_level(logging.WARNING, logger=assets.__name__):
        first, second = (
            render("{% vite_asset 'site' %}"),
            render("{% vite_asset 'site' %}"),
        )
    assert first == second == "<!-- front end entry site is not built -->"
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_vite_s_usual_place_for_the_manifest_is_read_too(
    tmp_path: Path, settings: Settings
) -> None:
    settings.FRONTEND_BUILD = tmp_path
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(json.dumps(MANIFEST))
    assert "site-1.js" in render("{% vite_asset 'site' %}")
