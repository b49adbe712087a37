"""Migrations and seeding are repeated only when what decides about them changed."""

from pathlib import Path

import pytest

from config.local import database
from config.local.database import DatabaseWork, migrations
from config.local.home import REPOSITORY

VARIABLES = {"DEMO_PASSWORD": "one", "STORAGE_URL": "file:///a", "DOCKER_HOST": "unix:///x"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one migration and one file of the seed."""
    for name in (
        "app/images/migrations/0001_initial.py",
        "demo/people.py",
        "requirements/base.txt",
    ):
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True)
        path.write_text(name)
    monkeypatch.setattr(database, "REPOSITORY", tmp_path / "checkout")
    return tmp_path / "checkout"


def done(home: Path, variables: dict[str, str] = VARIABLES) -> tuple[bool, bool]:
    work = DatabaseWork(home, variables=variables)
    return work.migrated, work.seeded


@pytest.fixture
def home(tmp_path: Path, checkout: Path) -> Path:
    """A state folder where everything was done."""
    home = tmp_path / "home"
    assert done(home) == (False, False)
    work = DatabaseWork(home, variables=VARIABLES)
    work.note_migrated()
    assert done(home) == (True, False)
    work.note_seeded()
    assert done(home) == (True, True)
    return home


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("app/images/migrations/0001_initial.py", (False, False)),
        ("app/images/migrations/0002_more.py", (False, False)),
        ("requirements/base.txt", (False, False)),
        ("demo/people.py", (True, False)),
        ("app/images/views.py", (True, True)),
    ],
)
def test_changed_sources_are_worked_in(
    home: Path, checkout: Path, changed: str, expected: tuple[bool, bool]
) -> None:
    (checkout / changed).write_text("changed")
    assert done(home) == expected


@pytest.mark.parametrize("name", ["DEMO_PASSWORD", "STORAGE_URL"])
def test_the_seed_follows_its_variables(home: Path, name: str) -> None:
    assert done(home, {**VARIABLES, name: "another"}) == (True, False)


def test_the_seed_is_repeated_once_an_engine_is_there(home: Path) -> None:
    assert done(home, {**VARIABLES, "DOCKER_HOST": ""}) == (True, False)
    assert done(home, {**VARIABLES, "DOCKER_HOST": "unix:///another"}) == (True, True)


def test_a_deleted_database_takes_the_notes_along(home: Path) -> None:
    for path in (home / "postgres").iterdir():
        path.unlink()
    assert done(home) == (False, False)


def test_every_seed_source_exists() -> None:
    assert migrations()
    for path in database.SEED_SOURCES:
        assert (REPOSITORY / path).exists(), path
