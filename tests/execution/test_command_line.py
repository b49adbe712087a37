"""A container that is run by hand is created as a worker creates it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from app.execution.contract import Limits
from app.execution.contract.limits import MIB
from app.execution.executors.command_line import (
    PROFILE,
    RUN,
    command_line,
    docker_arguments,
    placement,
    system_calls,
)
from app.execution.executors.docker_options import container_options
from tests.contract.executor_cases import make_spec
from tests.factories.containers import shell_image
from tests.factories.engines import FileServer, engine_address, serve

LIMITS = Limits(cpus=1, memory=64 * MIB, scratch=3 * MIB, output=5 * MIB, shm=2 * MIB)
NAME = f"compared-{os.getpid()}"
OF_THE_IMAGE = {"Labels", "User", "Env", "Image", "Entrypoint", "Cmd", "Volumes", "WorkingDir"}


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    found = docker.DockerClient(base_url=engine_address())
    yield found
    found.close()


def test_an_option_without_words_is_not_left_out() -> None:
    with pytest.raises(KeyError):
        docker_arguments({"userns_mode": "host"})
    with pytest.raises(ValueError, match="never"):
        docker_arguments({"privileged": True})


def test_what_is_on_the_command_line() -> None:
    found = command_line(LIMITS, ground_truth=True)
    assert "--network=none" in found.arguments
    assert "--read-only" in found.arguments
    assert f"--memory={66 * MIB}" in found.arguments
    assert f"--mount=type=volume,src={RUN}-input,dst=/input,volume-nocopy,readonly" in (
        found.arguments
    )
    assert "PYTHONUNBUFFERED=1" in found.environment
    assert not any("ground_truth" in one for one in command_line(LIMITS).arguments)


@pytest.mark.docker
@pytest.mark.timeout(120)
def test_the_engine_makes_the_same_container_of_both(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    """The command line, as the client understands it, against the worker's own call."""
    image = load(client, tmp_path)
    profile = tmp_path / "calls.json"
    profile.write_text(system_calls())
    with serve(tmp_path) as files:
        spec = make_spec(published(files), limits=LIMITS)
    theirs = container_options(
        spec, placement(ground_truth=True), labels={}, cpus_of_host=64, init=True
    )
    theirs["mounts"] = [
        dict(one, Source=one["Source"].replace(RUN, NAME)) for one in theirs["mounts"]
    ]
    by_worker = client.containers.create(image, **theirs)
    arguments = [
        one.replace(RUN, NAME).replace(PROFILE, str(profile))
        for one in command_line(LIMITS, ground_truth=True).arguments
    ]
    by_hand = client.containers.get(created(["--cpus=1", *arguments, image]))
    try:
        assert seen(by_hand) == seen(by_worker)
    finally:
        for one in (by_hand, by_worker):
            one.remove(force=True, v=True)
        for volume in client.volumes.list(filters={"name": f"{NAME}-"}):
            volume.remove(force=True)


def published(files: FileServer) -> Any:
    return files.publish_image(shell_image("true"))


def load(client: docker.DockerClient, folder: Path) -> str:
    path = shell_image("true").write(folder / "image.tar")
    with path.open("rb") as file:
        return str(client.images.load(file.read())[0].id)


def created(arguments: list[str]) -> str:
    done = subprocess.run(
        ["docker", "create", *arguments],
        env={**os.environ, "DOCKER_HOST": engine_address()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def seen(container: Any) -> dict[str, Any]:
    """What the engine keeps of a container, but for what its image says.

    `AttachStdout` is how its maker looks at it; an empty list and none mean the same.
    """
    attrs = container.attrs
    config = {name: value for name, value in attrs["Config"].items() if name not in OF_THE_IMAGE}
    for name in ("AttachStdout", "AttachStderr", "OpenStdin", "StdinOnce"):
        config.pop(name, None)
    host: dict[str, Any] = {name: value or None for name, value in attrs["HostConfig"].items()}
    for mount in host["Mounts"]:
        mount["VolumeOptions"].pop("DriverConfig", None)
    for name in ("Mounts", "Ulimits"):
        host[name] = sorted(host[name], key=str)
    host["SecurityOpt"] = sorted(str(_unpacked(one)) for one in host["SecurityOpt"])
    host.pop("GroupAdd")
    # The terminal that the client happens to have; and never to start again has two names.
    for name in ("ConsoleSize", "RestartPolicy"):
        host.pop(name)
    return {"config": config, "host": host}


def _unpacked(option: str) -> Any:
    """The client sends the list of calls without the spaces of its file."""
    name, _, value = option.partition("=")
    return json.loads(value) if name == "seccomp" else option
