"""A container engine that ends while a job runs: that is our loss, and not the container's."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.execution.contract import RunSpec
from app.execution.executors import PlatformFault, run_to_end
from app.execution.executors.docker import DockerExecutor
from app.execution.executors.loop import loop_is_possible
from config.local.engine import answers
from config.local.home import prepare
from tests.chaos.members import Engine
from tests.contract.executor_cases import SMALL, Recorder
from tests.factories.containers import shell_image
from tests.factories.engines import serve

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(200),
    pytest.mark.skipif(not loop_is_possible(), reason="a container engine of its own needs root"),
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True) as folder:
        home = prepare(Path(folder))
        engine = Engine(home, folder=home / "logs")
        engine.start()
        deadline = time.monotonic() + 60
        while not answers(engine.places.docker_host):
            assert time.monotonic() < deadline, engine.tail()
            time.sleep(0.1)
        yield engine
        engine.end()


class Striking(Recorder):
    """Ends the engine as soon as the container runs."""

    def __init__(self, engine: Engine, number: signal.Signals) -> None:
        super().__init__()
        self._engine, self._number = engine, number

    def executing(self) -> None:
        os.kill(self._engine.pid, self._number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_its_end_is_a_platform_fault(
    engine: Engine, number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "served").mkdir()
    executor = DockerExecutor(work_folder=tmp_path / "runs", base_url=engine.places.docker_host)
    with serve(tmp_path / "served") as files:
        image = files.publish_image(shell_image("echo begun; sleep 100"))
        spec = RunSpec(run_id="run", image=image, limits=SMALL)
        with pytest.raises(PlatformFault):
            run_to_end(executor, spec, Striking(engine, number))
