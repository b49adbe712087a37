"""An arena for each way in which a run's folders are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.execution.executors.docker import StorageKind
from tests.factories.engines import FileServer, serve
from tests.hostile.arena import Arena
from tests.hostile.canary import canary


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileServer]:
    with serve(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def arena(files: FileServer, tmp_path: Path, storage: StorageKind) -> Iterator[Arena]:
    with canary(tmp_path) as found:
        yield Arena(found, files, storage=storage)
