"""GPUs that a run asks for, on an engine that has none: what it is asked for is what counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.execution.executors.docker import DockerExecutor
from tests.contract.executor_cases import SMALL, left_behind, make_spec
from tests.factories.containers import shell_image
from tests.factories.engines import FileServer, engine_address, serve

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    with serve(folder) as server:
        yield server


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[DockerExecutor]:
    executor = DockerExecutor(work_folder=tmp_path / "work", base_url=engine_address())
    yield executor
    assert left_behind(tmp_path / "work") == []


def created(executor: DockerExecutor, files: FileServer, **changes: Any) -> dict[str, Any]:
    """What the engine made of a run's container."""
    spec = make_spec(files.publish_image(shell_image("true")), **changes)
    run = executor.provision(spec)
    try:
        assert run.watched is not None
        run.watched.container.reload()
        return dict(run.watched.container.attrs)
    finally:
        executor.release(run)


def test_a_run_gets_the_gpus_that_are_its_own(executor: DockerExecutor, files: FileServer) -> None:
    limits = replace(SMALL, gpus=2)
    attributes = created(executor, files, limits=limits, gpu_devices=(0, 3))
    (request,) = attributes["HostConfig"]["DeviceRequests"]
    assert request["DeviceIDs"] == ["0", "3"]
    assert request["Count"] == 0
    assert request["Capabilities"] == [["gpu"]]
    assert "NVIDIA_VISIBLE_DEVICES=0,3" in attributes["Config"]["Env"]


def test_without_numbers_any_will_do(executor: DockerExecutor, files: FileServer) -> None:
    attributes = created(executor, files, limits=replace(SMALL, gpus=2))
    (request,) = attributes["HostConfig"]["DeviceRequests"]
    assert (request["Count"], request["DeviceIDs"] or None) == (2, None)  # engines differ


def test_who_asked_for_none_sees_none(executor: DockerExecutor, files: FileServer) -> None:
    attributes = created(executor, files)
    assert not attributes["HostConfig"]["DeviceRequests"]
    assert "NVIDIA_VISIBLE_DEVICES=void" in attributes["Config"]["Env"]
