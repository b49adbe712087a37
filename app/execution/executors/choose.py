"""Which executor a worker uses: decided once, from its configuration."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.execution.executors.base import Executor as GenericExecutor
from app.execution.executors.docker import DockerExecutor
from app.execution.executors.null import NullExecutor

Executor = GenericExecutor[Any]


@lru_cache(maxsize=4)
def _docker_executor(
    process: int, work_folder: Path, docker_host: str, runtime: str
) -> DockerExecutor:
    """One per process: what it learned of its engine need not be asked again for every run.

    A fork must not share its parent's connections, so the process is part of the key.
    """
    return DockerExecutor(work_folder=work_folder, base_url=docker_host, runtime=runtime)


def make_executor(*, work_folder: Path, docker_host: str = "", runtime: str = "") -> Executor:
    """The Docker executor when an engine answers, else one that says what is missing."""
    executor = _docker_executor(os.getpid(), work_folder, docker_host, runtime)
    status = executor.status()
    return executor if status.available else NullExecutor(reason=status.message)
