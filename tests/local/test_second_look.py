"""Few failures of CI are looked at once more, and what failed beside others alone is named."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.local.home import REPOSITORY
from config.local.second_look import MOST, look_again

UNSTEADY = """
from pathlib import Path

def test_unsteady():
    seen = Path(__file__).with_name("seen")
    first, _ = not seen.exists(), seen.touch()
    assert not first
"""
BROKEN = "\ndef test_broken():\n    assert False\n"
FINE = "\ndef test_fine():\n    pass\n"


class Runs:
    """pytest in a folder with the test file of a case, and what was said of it."""

    def __init__(self, folder: Path, content: str) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.count = 0
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "test_some.py").write_text(content)

    def pytest(self, more: Sequence[str] = ()) -> int:
        self.count += 1
        command = [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-p", "tests.plugin", *more]
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",  # or it starts a server
            "BROKER_URL": "redis://127.0.0.1:1/0",
        }
        return subprocess.run(
            command, cwd=self.folder, env=env, stdout=subprocess.DEVNULL, check=False
        ).returncode

    def whole(self, *more: str) -> int:
        cache = self.folder / ".pytest_cache"
        return look_again(self.pytest(more), cache=cache, run=self.pytest, say=self.said.append)


@pytest.mark.parametrize(
    ("content", "code", "runs", "unsteady", "closing"),
    [
        (FINE, 0, 1, False, []),
        (UNSTEADY + FINE, 0, 2, True, ["0 failed, 2 passed, 0 skipped"]),
        (UNSTEADY + BROKEN, 1, 2, True, ["1 failed, 1 passed, 0 skipped"]),
        (BROKEN + FINE, 1, 2, False, ["1 failed, 1 passed, 0 skipped"]),
    ],
    ids=["fine", "unsteady", "unsteady and broken", "broken"],
)
def test_what_fails_twice_fails(
    tmp_path: Path, content: str, code: int, runs: int, unsteady: bool, closing: list[str]
) -> None:
    found = Runs(tmp_path, content)
    assert found.whole() == code
    assert found.count == runs
    named = [line for line in found.said if line.startswith("UNSTEADY")]
    assert len(named) == unsteady
    assert all("test_some.py::test_unsteady" in line for line in named)
    assert found.said[-1:] == closing


def test_many_failures_are_no_accident(tmp_path: Path) -> None:
    broken = [BROKEN.replace("broken", f"broken{number}") for number in range(MOST + 1)]
    found = Runs(tmp_path, "".join(broken))
    assert found.whole() == 1
    assert (found.count, found.said) == (1, [])


def test_what_is_no_failure_of_a_test_is_not_run_again(tmp_path: Path) -> None:
    found = Runs(tmp_path, "import nothing_of_this_name\n")
    assert found.whole() == 2
    assert found.count == 1


def test_processes_that_collect_other_tests_are_no_failure_of_one(tmp_path: Path) -> None:
    content = """
import os
import pytest

@pytest.mark.parametrize("number", [os.getpid()])
def test_of_one_process(number):
    pass
"""
    found = Runs(tmp_path, content)
    assert (found.whole("-n", "2"), found.count, found.said) == (1, 1, [])


def test_bytes_that_hold_the_time_have_the_same_name_in_all_processes(tmp_path: Path) -> None:
    content = """
import os
import pytest

@pytest.mark.parametrize("content", [f"{os.getpid():024}".encode(), f"{os.getpid():025}".encode()])
def test_of_bytes(content):
    pass
"""
    found = Runs(tmp_path, content)
    assert (found.whole("-n", "2"), found.count) == (0, 1)


def test_a_run_without_a_cache_ends_as_well(tmp_path: Path) -> None:
    assert Runs(tmp_path, FINE).pytest(["-p", "no:cacheprovider"]) == 0
