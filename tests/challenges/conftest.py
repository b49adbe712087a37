"""What tests of challenges that run real containers share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from app.core.asgi import get_application
from app.execution.executors.docker import DockerExecutor
from app.uploads.asgi import PartReceiver
from tests.factories.engines import engine_address
from tests.servers import asgi_server


@pytest.fixture
def portal(settings: Settings) -> Iterator[None]:
    """The portal as containers and starter kits reach it, at SITE_URL."""
    with asgi_server(PartReceiver(get_application())) as address:  # type: ignore[arg-type]
        settings.SITE_URL = address
        yield


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[DockerExecutor]:
    """What runs containers on the engine of the tests; nothing stays of them."""
    executor = DockerExecutor(work_folder=tmp_path / "runs", base_url=engine_address())
    yield executor
    executor.reap(live=set())
