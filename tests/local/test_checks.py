"""What `make test` and `make lint` decide before they run anything, and what they say then."""

import os
import sys
from pathlib import Path

import pytest

from config.local import packages
from config.local.checks import pytest_command
from config.local.lint import Report
from config.local.packages import Need, provide
from config.local.progress import Progress
from config.local.sizes import LONGEST_FILE, LONGEST_FUNCTION, too_long

MISSING = Need(programs=("no-such-program",), packages=("a", "b"), purpose="tests")
PRESENT = Need(programs=("no-such-program", "sh"), packages=("c",), purpose="tests")


def test_marks_that_cannot_be_served_are_left_out_once() -> None:
    command = pytest_command(without=["docker", "browser", "docker"], arguments=["tests/local"])
    assert command[command.index("-m", 3) + 1] == "not docker and not browser"
    assert command[-1] == "tests/local"


def test_one_mark_alone_still_leaves_out_what_cannot_be_served() -> None:
    command = pytest_command(only="browser", without=["docker"])
    assert command[command.index("-m", 3) + 1] == "browser and not docker"


def test_with_everything_there_nothing_is_left_out() -> None:
    command = pytest_command()
    assert "-m" not in command[3:]
    assert command[command.index("-n") + 1].isdigit()


def test_a_check_that_failed_shows_what_it_printed(capfd: pytest.CaptureFixture[str]) -> None:
    report = Report(Progress())
    assert report.run("good", [sys.executable, "-c", "print('well')"], env=os.environ)
    failing = "print('line 3 is wrong'); raise SystemExit(1)"
    assert not report.run("bad", [sys.executable, "-c", failing], env=os.environ)
    good, bad, why = capfd.readouterr().out.splitlines()[:3]
    assert good.startswith("✓ good")
    assert bad.startswith("✗ bad")
    assert why == "line 3 is wrong"


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "become_root", lambda: ["become"])
    monkeypatch.setattr(packages.shutil, "which", lambda name: name in ("apt-get", "sh") or None)


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize(
    ("environ", "answer", "installs"),
    [
        ({"CI": "true"}, False, True),
        ({"HOUNSFIELD_INSTALL_ENGINE": "1"}, False, True),
        ({}, True, True),
        ({}, False, False),
    ],
)
def test_packages_are_installed_only_with_permission(
    environ: dict[str, str], answer: bool, installs: bool
) -> None:
    ran: list[list[str]] = []
    unmet = provide(
        [MISSING, PRESENT], environ=environ, ask=lambda _question: answer, run=ran.append
    )
    assert unmet == [MISSING]
    assert [command[-2:] for command in ran[1:]] == ([["a", "b"]] if installs else [])
    assert all(command[0] == "become" for command in ran)


def test_without_root_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "become_root", lambda: None)
    ran: list[list[str]] = []
    environ = {"CI": "true"}
    assert provide([MISSING], environ=environ, ask=lambda _: True, run=ran.append) == [MISSING]
    assert ran == []


def test_long_functions_and_files_are_named(tmp_path: Path) -> None:
    body = "\n".join(f"    x = {n}" for n in range(LONGEST_FUNCTION))
    (tmp_path / "long.py").write_text(f"def short():\n    pass\n\n\nasync def long():\n{body}\n")
    (tmp_path / "file.py").write_text("x = 1\n" * (LONGEST_FILE + 1))
    (tmp_path / "fine.py").write_text("x = 1\n" * LONGEST_FILE)
    sentences = too_long([tmp_path, tmp_path / "missing"])
    assert len(sentences) == 2
    assert f"file.py has {LONGEST_FILE + 1} lines" in sentences[0]
    assert f"long has {LONGEST_FUNCTION + 1} lines" in sentences[1]
