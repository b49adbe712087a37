"""`manage.py` joins a running portal, and only a running one."""

import dataclasses
import os
from pathlib import Path

import pytest

from config.local import attach as attaching
from config.local.attach import attach, publish, running_supervisor, withdraw
from config.local.home import prepare
from config.local.processes import ProcessRecord

VARIABLES = {"DATABASE_URL": "postgresql://there", "PORT": "8123", "DOCKER_HOST": ""}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = prepare(tmp_path / "home")
    publish(home, variables=VARIABLES, supervisor=ProcessRecord.of(os.getpid(), name="supervisor"))
    return home


def test_it_fills_in_what_is_missing(home: Path) -> None:
    environ = {"HOUNSFIELD_HOME": str(home), "PORT": "9000", "DATABASE_URL": ""}
    attach(environ)
    assert environ["DATABASE_URL"] == "postgresql://there"
    assert environ["PORT"] == "9000", "what is given is kept"


def test_an_environment_with_a_database_stands_on_its_own(home: Path) -> None:
    environ = {"HOUNSFIELD_HOME": str(home), "DATABASE_URL": "postgresql://mine"}
    attach(environ)
    assert environ == {"HOUNSFIELD_HOME": str(home), "DATABASE_URL": "postgresql://mine"}


def test_without_a_portal_nothing_changes(tmp_path: Path) -> None:
    environ = {"HOUNSFIELD_HOME": str(tmp_path / "nowhere")}
    attach(environ)
    assert environ == {"HOUNSFIELD_HOME": str(tmp_path / "nowhere")}
    assert not (tmp_path / "nowhere").exists()


def test_a_portal_that_was_killed_does_not_count(home: Path) -> None:
    me = ProcessRecord.of(os.getpid(), name="supervisor")
    publish(home, variables=VARIABLES, supervisor=dataclasses.replace(me, started=me.started - 1))
    environ = {"HOUNSFIELD_HOME": str(home)}
    attach(environ)
    assert environ == {"HOUNSFIELD_HOME": str(home)}
    assert running_supervisor(home) is None


def test_a_stopped_portal_does_not_count(home: Path) -> None:
    assert running_supervisor(home) is not None
    withdraw(home)
    withdraw(home)
    assert running_supervisor(home) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"supervisor": 3}', '{"supervisor": {}}'])
def test_a_damaged_file_does_not_count(home: Path, content: str) -> None:
    (home / attaching.FILE).write_text(content)
    environ = {"HOUNSFIELD_HOME": str(home)}
    attach(environ)
    assert environ == {"HOUNSFIELD_HOME": str(home)}
