"""How long browsers may keep the front end's files."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from whitenoise.middleware import WhiteNoiseMiddleware


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("assets/viewer-DuMRRd87.js", True),
        ("assets/openjphjs-odeu-u12.wasm", True),
        ("assets/viewer.js", False),
        ("manifest.json", False),
        ("design/mark.svg", False),
    ],
)
def test_only_files_named_after_their_content_are_kept_for_good(
    name: str, kept: bool, settings: LazySettings, tmp_path: Path, client: Client
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    settings.STATICFILES_DIRS = [tmp_path]
    settings.STATIC_ROOT = tmp_path / "none"
    settings.MIDDLEWARE = [f"{WhiteNoiseMiddleware.__module__}.{WhiteNoiseMiddleware.__name__}"]
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert ("immutable" in answer["Cache-Control"]) is kept
