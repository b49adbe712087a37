"""`.ci/run`: both commands always run, either one's failure counts, and nothing outlives it."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from config.local.home import REPOSITORY
from config.local.processes import session_members

RUN = REPOSITORY / ".ci" / "run"


def with_make(folder: Path, script: str) -> dict[str, str]:
    """Return an environment whose `make` is this script."""
    program = folder / "make"
    program.write_text(f'#!/bin/bash\necho "make $* CI=$CI"\n{script}\n')
    program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "CI": ""}


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", 0),
        ('[[ "$1" != lint ]]', 1),
        ('[[ "$1" != test ]] || exit 2', 1),
    ],
)
def test_both_run_and_either_failure_counts(tmp_path: Path, script: str, code: int) -> None:
    done = subprocess.run(
        ["bash", str(RUN)],
        cwd=tmp_path,
        env=with_make(tmp_path, script),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert done.stdout == "make lint CI=true\nmake test CI=true\n"


def test_an_interrupted_run_ends_what_it_started(tmp_path: Path) -> None:
    env = with_make(tmp_path, "exec sleep 300")
    popen = subprocess.Popen(
        ["bash", str(RUN)], env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert popen.stdout is not None
    assert popen.stdout.readline() == "make lint CI=true\n"
    popen.terminate()
    assert popen.wait(timeout=20) == 130
    deadline = time.monotonic() + 10
    while session_members(popen.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert session_members(popen.pid) == []


def test_it_can_be_executed() -> None:
    assert os.access(RUN, os.X_OK)
