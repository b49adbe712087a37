"""Which executor a worker uses: decided once, from its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.execution.executors.base import Executor as GenericExecutor
from app.execution.executors.docker import DockerExecutor
from app.execution.executors.null import NullExecutor

Executor = GenericExecutor[Any]


def make_executor(*, work_folder: Path, docker_host: str = "", runtime: str = "") -> Executor:
    """The Docker executor when an engine answers, else one that says what is missing."""
    executor = DockerExecutor(work_folder=work_folder, base_url=docker_host, runtime=runtime)
    status = executor.status()
    return executor if status.available else NullExecutor(reason=status.message)
