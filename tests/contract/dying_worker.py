"""A worker that dies while it keeps a container up; tells the container's name before."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

from app.execution.executors import open_server
from app.execution.executors.docker import DockerExecutor
from tests.contract.executor_cases import Recorder
from tests.factories.engines import engine_address

if __name__ == "__main__":
    spec = pickle.load(sys.stdin.buffer)
    executor = DockerExecutor(
        work_folder=Path(sys.argv[1]), base_url=engine_address(), storage="host"
    )
    server = open_server(executor, spec, Recorder())
    server.pause()
    print(server.name, flush=True)
    os._exit(9)
