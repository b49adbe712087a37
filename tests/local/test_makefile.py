"""Every target of the Makefile is documented by `make help` and leads to something that exists."""

import importlib.util
import re
import subprocess

import pytest

from config.local.home import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text()
PROMISED = {
    *("help", "venv", "demo", "demo-reset", "dev", "lint", "test-fast", "test", "check"),
    *("accept", "requirements", "screenshots", "clean"),
}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, flags=re.MULTILINE))


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def test_help_names_every_target_with_a_sentence() -> None:
    listed = dict(re.findall(r"^  make (\S+) +(.+)$", make("help").stdout, flags=re.MULTILINE))
    assert set(listed) == targets()
    assert targets() >= PROMISED
    assert all(len(sentence.split()) >= 3 for sentence in listed.values())


def test_make_alone_prints_the_help() -> None:
    assert make().stdout == make("help").stdout


def test_every_target_is_phony() -> None:
    declared = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, flags=re.MULTILINE)
    assert declared is not None
    assert set(declared[1].replace("\\\n", " ").split()) == targets()


@pytest.mark.parametrize("module", sorted(set(re.findall(r"-m (config\.[\w.]+)", MAKEFILE))))
def test_every_module_that_it_runs_exists(module: str) -> None:
    assert importlib.util.find_spec(module) is not None


def test_accept_asks_which_checks() -> None:
    done = make("--dry-run", "accept")
    assert done.returncode != 0
    assert "make accept ISSUE=name" in done.stderr
    assert "-m tests.accept dicom" in make("--dry-run", "accept", "ISSUE=dicom").stdout


def test_a_python_that_is_too_old_is_explained() -> None:
    done = make("--dry-run", "--always-make", "PYTHON=", "venv")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
