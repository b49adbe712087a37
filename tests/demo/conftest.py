"""A container engine and the demo's built archives, shared by this folder's tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from config.local.engine import ensure_engine, install_allowed, stop_engine
from demo.containers.build import build


@pytest.fixture(scope="session")
def layer_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all workers of a parallel run: its files appear whole or not at all."""
    folder = tmp_path_factory.getbasetemp().parent / "demo-layer-cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def archives(layer_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build(
        output=tmp_path_factory.mktemp("archives"),
        cache=layer_cache,
        only=("nodules", "dice-evaluation", "file-evaluation"),
    )


@pytest.fixture(scope="session")
def engine_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[docker.DockerClient]:
    home = tmp_path_factory.mktemp("home")
    engine = ensure_engine(home, allow_install=install_allowed(os.environ))
    assert engine.docker_host is not None, engine.why_not
    client = docker.DockerClient(base_url=engine.docker_host, timeout=120)
    yield client
    client.close()
    stop_engine(engine)
