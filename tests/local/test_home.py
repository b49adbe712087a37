"""The state folder: private, locked, and never confused with another folder."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.local import home as state
from config.local.errors import HomeInUse, NotAHome
from config.local.lock import exclusive, holder_of
from config.local.processes import ProcessRecord
from config.local.progress import Progress
from config.local.reset import reset
from config.local.servers import private_valkey
from config.local.slots import free_home
from config.local.valkey import ValkeyServer

HOLD = """
import sys
from pathlib import Path
from config.local.home import prepare
from config.local.lock import exclusive
with exclusive(prepare(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holder(home: Path) -> "subprocess.Popen[str]":
    popen = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        cwd=state.REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert popen.stdout is not None
    assert popen.stdout.readline() == "held\n"
    return popen


def test_it_is_the_one_that_the_environment_names(tmp_path: Path) -> None:
    assert state.home_from({"HOUNSFIELD_HOME": str(tmp_path / "x")}) == tmp_path / "x"
    assert state.home_from({"HOUNSFIELD_HOME": ""}) == state.REPOSITORY / ".hounsfield"


def test_what_holds_secrets_is_private(tmp_path: Path) -> None:
    home = state.prepare(tmp_path / "home")
    for name in ("run", "keys", "logs"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o700
    secret = state.kept_secret(home, "secret")
    assert stat.S_IMODE((home / "keys" / "secret").stat().st_mode) == 0o600
    assert state.kept_secret(home, "secret") == secret
    assert state.kept_secret(home, "other") != secret
    assert len(secret) >= 50


def test_another_process_cannot_hold_it_too(tmp_path: Path) -> None:
    other = holder(tmp_path)
    with pytest.raises(HomeInUse, match=f"process {other.pid}"), exclusive(tmp_path):
        pytest.fail("held twice")
    holder_record = holder_of(tmp_path)
    assert holder_record is not None
    assert holder_record.pid == other.pid
    other.communicate("\n", timeout=20)
    assert holder_of(tmp_path) is None
    with exclusive(tmp_path):
        pass


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    other = holder(tmp_path)
    other.kill()
    other.communicate(timeout=20)
    with exclusive(tmp_path):
        pass


def test_test_runs_take_the_first_free_folder(tmp_path: Path) -> None:
    with free_home(tmp_path) as first, free_home(tmp_path) as second:
        assert (first.name, second.name) == ("1", "2")
    with free_home(tmp_path) as again:
        assert again == first


def test_reset_stops_the_servers_and_deletes_the_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with private_valkey(home):
        record = ValkeyServer(home).record
        assert isinstance(record, ProcessRecord)
        reset(home, progress=Progress())
        assert not record.alive
        assert not home.exists()
        state.prepare(home)  # the server's own clean-up finds an empty home


def test_reset_refuses_what_is_no_state_folder(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(NotAHome, match="not a Hounsfield state folder"):
        reset(tmp_path, progress=Progress())
    assert (tmp_path / "thesis.txt").exists()


def test_reset_refuses_the_source_code_even_when_it_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / state.MARKER).touch()
    monkeypatch.setattr(state, "REPOSITORY", tmp_path / "src" / "hounsfield")
    with pytest.raises(NotAHome):
        reset(tmp_path, progress=Progress())


def test_reset_of_nothing_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reset(tmp_path / "nowhere", progress=Progress())
    assert "nothing to delete" in capsys.readouterr().out
