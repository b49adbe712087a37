"""Processes are known by pid and start time, and a session ends as a whole."""

import dataclasses
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from config.local import processes
from config.local.processes import ProcessRecord, session_members

FAMILY = "sleep 300 & trap '' TERM; echo ready; wait; wait; sleep 300"


def started(command: list[str], *, folder: Path) -> tuple["subprocess.Popen[bytes]", ProcessRecord]:
    popen = processes.spawn(command, env=dict(os.environ), log=folder / "log", cwd=folder)
    return popen, ProcessRecord.of(popen.pid, name="program")


def wait_for(text: str, log: Path) -> None:
    deadline = time.monotonic() + 10
    while text not in log.read_text():
        assert time.monotonic() < deadline, f"{text!r} never came"
        time.sleep(0.01)


def wait_until_gone(session: int) -> None:
    """Wait until the killed are taken off the list: somebody else has to collect them."""
    deadline = time.monotonic() + 10
    while members := session_members(session):
        assert time.monotonic() < deadline, members
        time.sleep(0.02)


def test_a_record_survives_being_written_and_read(tmp_path: Path) -> None:
    record = ProcessRecord.of(os.getpid(), name="me")
    record.write(tmp_path)
    assert ProcessRecord.read(tmp_path / "me.json") == record
    assert record.alive


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}', "not json"])
def test_a_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    assert ProcessRecord.read(tmp_path / "x.json") is None


def test_a_record_does_not_follow_its_number_to_another_process(tmp_path: Path) -> None:
    record = ProcessRecord.of(os.getpid(), name="me")
    assert not dataclasses.replace(record, started=record.started - 1).alive
    assert not dataclasses.replace(record, boot="another boot").alive


def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    popen, record = started(["sleep", "300"], folder=tmp_path)
    os.kill(popen.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while record.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not record.alive
    popen.wait()


def test_stop_ends_the_whole_session_even_against_its_will(tmp_path: Path) -> None:
    popen, record = started(["bash", "-c", FAMILY], folder=tmp_path)
    wait_for("ready", tmp_path / "log")
    assert len(session_members(popen.pid)) == 2
    processes.stop(record, popen=popen, patience=0.3)
    assert not record.alive
    wait_until_gone(popen.pid)


def test_stop_reaches_the_children_of_a_dead_leader(tmp_path: Path) -> None:
    popen, record = started(["bash", "-c", FAMILY], folder=tmp_path)
    wait_for("ready", tmp_path / "log")
    popen.kill()
    popen.wait()
    assert len(session_members(popen.pid)) == 1
    processes.stop(record, patience=0.3)
    wait_until_gone(popen.pid)


def test_stop_leaves_a_stranger_with_the_same_number_alone(tmp_path: Path) -> None:
    popen, record = started(["sleep", "300"], folder=tmp_path)
    stale = dataclasses.replace(record, started=record.started - 1)
    processes.stop(stale, patience=0.3)
    assert record.alive
    processes.stop(record, popen=popen)


def test_the_log_is_turned_over_when_it_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    log = tmp_path / "log.log"
    log.write_text("x" * 11)
    processes.spawn(["echo", "new"], env={}, log=log, cwd=tmp_path).wait()
    assert log.read_text() == "new\n"
    assert (tmp_path / "log.log.1").read_text() == "x" * 11


def test_a_record_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    ProcessRecord.of(os.getpid(), name="me").write(tmp_path)
    assert (tmp_path / "me.json").stat().st_mode & 0o077 == 0
    assert json.loads((tmp_path / "me.json").read_text())["pid"] == os.getpid()
