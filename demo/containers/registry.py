"""A base from an image registry, for machines without Debian's tools."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import IO

import docker
import requests
from docker.errors import DockerException

from demo.containers.builder import Layer, layer_from_tar
from demo.containers.cache import LayerCache
from demo.containers.errors import BuildError

__all__ = ["IMAGE", "PYTHON_VERSION", "layers_of_image", "pulled_layers"]

IMAGE = "python:3.11-slim"
PYTHON_VERSION = "3.11"
PROGRAM = "/usr/local/bin/python3.11"
PULL_SECONDS = 300


def pulled_layers(cache: LayerCache, *, docker_host: str | None) -> list[Layer]:
    """Pull `python:3.11-slim` for amd64 through an engine and return its layers.

    Without `docker_host` the engine is the one on its default socket.

    Raises BuildError, saying what to install, when no engine or no registry answers.
    """
    kept = cache.folder / f"pulled-{IMAGE.replace(':', '-')}"
    if kept.exists():
        cache.report("base: in the cache")
        return [layer_from_tar(path, created_by=IMAGE) for path in sorted(kept.iterdir())]
    cache.report(f"base: asking a registry for {IMAGE}")
    try:
        client = docker.DockerClient(base_url=docker_host, timeout=PULL_SECONDS)
        client.images.pull(IMAGE, platform="linux/amd64")
        return layers_of_image(client, IMAGE, folder=kept)
    except (DockerException, requests.RequestException, OSError) as problem:
        raise BuildError(
            "The demo's containers need either apt-get and dpkg (Debian, Ubuntu; amd64) or a "
            f"container engine that can pull {IMAGE}. Start Docker or Podman with access to a "
            f"registry, or build on Debian. The engine said: {problem}"
        ) from problem


def layers_of_image(client: docker.DockerClient, name: str, *, folder: Path) -> list[Layer]:
    """Save an image's layers as `folder/NN.tar`, lowest first; the folder appears when complete."""
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    unfinished.mkdir(parents=True)
    try:
        with tempfile.TemporaryFile() as saved:
            for chunk in client.images.get(name).save():
                saved.write(chunk)
            saved.seek(0)
            _keep_layers(saved, folder=unfinished)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return [layer_from_tar(path, created_by=name) for path in sorted(folder.iterdir())]


def _keep_layers(saved: IO[bytes], *, folder: Path) -> None:
    with tarfile.open(fileobj=saved, mode="r:") as tar:
        for number, member in enumerate(_layer_members(tar)):
            with (folder / f"{number:02}.tar").open("wb") as stream:
                shutil.copyfileobj(_open(tar, member), stream)


def _layer_members(tar: tarfile.TarFile) -> list[str]:
    manifest = json.load(_open(tar, "manifest.json"))
    return [str(member) for member in manifest[0]["Layers"]]


def _open(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    """Open a member; engines save a layer that occurs twice as a link to the first."""
    stream = tar.extractfile(name)
    if stream is None:
        raise BuildError(f"The engine saved an image without {name}.")
    return stream
