"""Production refuses to start half configured; the demo refuses production."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from app.accounts.models import User

ROOT = Path(__file__).resolve().parents[2]
SOUND = {
    "SITE_URL": "https://portal.example",
    "SECRET_KEY": "k" * 50,
    "DATABASE_URL": "postgresql://u:p@db/portal",
    "BROKER_URL": "redis://broker/0",
    "STORAGE_URL": "s3://K:S@s3.example/bucket?region=eu-west-1",
}
SHOW = (
    "from django.conf import settings as s; print(s.DEBUG, s.DEMO, s.SESSION_COOKIE_SECURE, "
    "s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0, s.SECRET_KEY[:1])"
)


def start(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Read the production settings in a process of their own, with nothing of ours around."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **SOUND, **changes}
    environment["HOUNSFIELD_HOME"] = str(tmp_path)
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings.prod"
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        check=False,
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_sound_settings(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.stdout.split() == ["False", "False", "True", "True", "True", "k"], done.stderr


@pytest.mark.parametrize("name", sorted(SOUND))
def test_each_missing_one_is_named(name: str, tmp_path: Path) -> None:
    done = start(tmp_path, **{name: ""})
    assert done.returncode != 0
    assert f"Set {name}" in done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "insecure" + "k" * 60}, "SECRET_KEY"),
        ({"DEBUG": "true"}, "DEBUG"),
        ({"PORT": "0"}, "port"),
        ({"LOG_LEVEL": "chatty"}, "log_level"),
    ],
)
def test_weak_or_impossible(changes: dict[str, str], said: str, tmp_path: Path) -> None:
    done = start(tmp_path, **changes)
    assert done.returncode != 0
    assert said in done.stderr


def test_cookies_without_https(tmp_path: Path) -> None:
    done = start(tmp_path, SITE_URL="http://portal.example")
    assert done.stdout.split()[2:5] == ["False", "False", "False"]


def test_the_demo_refuses_production(settings: LazySettings, db: None) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="production"):
        call_command("seed_demo")
    assert not User.objects.exists()
