"""The executor contract on Podman's socket: another engine than the one that everybody tests on.

A fixed sample in every run of the tests; `make accept ISSUE=podman` runs all of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.execution.executors.choose import Executor
from app.execution.executors.docker import DockerExecutor
from config.local.engine import install_allowed
from config.local.podman import private_podman, why_no_podman
from tests.contract import test_executors as contract
from tests.contract.executor_cases import left_behind
from tests.contract.test_executors import files  # noqa: F401 -- a fixture

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]
ALL = os.environ.get("HOUNSFIELD_PODMAN") == "all"
SAMPLE = (
    "test_a_run_gets_its_inputs_and_leaves_its_outputs",
    "test_it_runs_as_the_images_own_user_without_any_right",
    "test_a_running_container_can_be_cancelled",
    "test_a_run_that_nobody_released_is_reaped",
)
ELSEWHERE = ("test_no_engine_is_said_loudly",)
"""Cases that are about no engine in particular."""


def _cases() -> dict[str, Callable[..., None]]:
    names = [name for name in vars(contract) if name.startswith("test_")] if ALL else SAMPLE
    return {name: vars(contract)[name] for name in names if name not in ELSEWHERE}


globals().update(_cases())


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("podman")
    allowed = install_allowed(os.environ)
    if reason := why_no_podman(allow_install=allowed, log=folder / "install.log"):
        pytest.skip(f"THE CONTRACT IS NOT PROVED ON PODMAN HERE: {reason}.")
    with private_podman(folder) as host:
        yield host


@pytest.fixture(params=["host", "engine"] if ALL else ["host"])
def executor(request: pytest.FixtureRequest, engine: str, work_folder: Path) -> Iterator[Executor]:
    executor = DockerExecutor(work_folder=work_folder, base_url=engine, storage=request.param)
    yield executor
    assert left_behind(work_folder) == []
    assert executor.reap(live=set()) == []


@pytest.fixture
def work_folder(tmp_path: Path) -> Path:
    return tmp_path / "work"
