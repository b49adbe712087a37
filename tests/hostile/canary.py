"""What is outside of a container and must be the same after an attack as before."""

from __future__ import annotations

import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import psutil
from docker.models.containers import Container

from app.execution.contract.limits import GIB
from app.execution.executors.loop import loop_is_possible
from tests.factories.containers import shell_image
from tests.factories.engines import engine_address

LOOKS = (0.2, 0.5, 1.0)  # seconds before looking again at what may be somebody else's
_KERNEL = ("panic", "core_pattern", "hostname", "sysrq", "modprobe")


@dataclass
class Canary:
    """A file beside the runs, a running container, a tag, a port, a socket, the kernel, the disk.

    The disk may lose a gigabyte to others who work on the machine; every attack on it writes more.
    """

    folder: Path
    client: docker.DockerClient
    container: Container
    tag: str
    token: str
    port: int
    abstract: str
    before: dict[str, object]

    @property
    def names(self) -> dict[str, str]:
        """How scripts and layers of attacks name what is out here."""
        return {
            "{secret}": str(self.folder / "secret"),
            "{outside}": str(self.folder),
            "{tag}": self.tag,
            "{port}": str(self.port),
            "{abstract}": self.abstract,
            "{pid}": str(os.getpid()),
        }

    def check(self, *, uid: int) -> None:
        """Raise when anything out here changed, or a process of `uid` is still alive."""
        assert self.facts() == self.before
        alive = [process.pid for process in psutil.process_iter() if _uid_of(process) == uid]
        assert alive == [], f"processes survived: {alive}"
        assert shutil.disk_usage(self.folder).free > self._free - GIB, "the disk was filled"
        left = self._volumes_left()
        assert left == set(), f"volumes without a container: {left}"

    def facts(self) -> dict[str, object]:
        """All that has to stay as it is."""
        self.container.reload()
        state = self.container.attrs["State"]
        return {
            "files": {
                path.name: (path.read_text(), path.stat().st_mode, path.stat().st_mtime_ns)
                for path in self.folder.iterdir()
                if path.is_file()
            },
            "names": sorted(path.name for path in self.folder.iterdir()),
            "container": (state["Running"], state["Pid"], state["StartedAt"]),
            "tag": self.client.images.get(self.tag).id,
            "mounts": sum(str(self.folder) in line for line in _lines("/proc/mounts")),
            "loops": _loops_below(self.folder),
            "kernel": {name: _lines(f"/proc/sys/kernel/{name}") for name in _KERNEL},
        }

    def remember(self) -> None:
        """Take what is now as what has to stay."""
        self._free = shutil.disk_usage(self.folder).free
        self._volumes = _ownerless_volumes(self.client)
        self.before = self.facts()

    def _volumes_left(self) -> set[str]:
        """Volumes that an engine made by itself, as a VOLUME line makes it do, and nobody uses now.

        Others run containers on the same engine: what is theirs is gone at the next look.
        """
        left = _ownerless_volumes(self.client) - self._volumes
        for pause in LOOKS if left else ():
            time.sleep(pause)
            left &= _ownerless_volumes(self.client)
        return left


@contextmanager
def canary(folder: Path) -> Iterator[Canary]:
    """Put everything up beside the work folder, which is `folder / "work"`."""
    token = uuid.uuid4().hex
    secret = folder / "secret"
    secret.write_text(f"secret of the worker {token}\n")
    secret.chmod(0o644)
    (folder / "work").mkdir(exist_ok=True)
    client = docker.DockerClient(base_url=engine_address())
    tag = f"hounsfield.test/canary-{token}:latest"
    with _listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp:
        abstract = f"hounsfield-{token}"
        with _listening(socket.AF_UNIX, f"\0{abstract}"):
            recipe = shell_image("sleep 100000", tags=[tag], labels={"canary": token})
            client.images.load(recipe.docker_archive())
            container = client.containers.run(tag, detach=True, network_mode="none", init=True)
            found = Canary(
                folder, client, container, tag, token, tcp.getsockname()[1], abstract, {}
            )
            try:
                yield found
            finally:
                container.remove(force=True)
                client.images.remove(tag)
                client.close()


@contextmanager
def _listening(family: int, address: object) -> Iterator[socket.socket]:
    with socket.socket(family, socket.SOCK_STREAM) as found:
        found.bind(address)  # type: ignore[arg-type]
        found.listen()
        yield found


def _uid_of(process: psutil.Process) -> int:
    try:
        return int(process.uids().real)
    except psutil.Error:
        return -1


def _ownerless_volumes(client: docker.DockerClient) -> set[str]:
    """Return the volumes that no container uses, the portal's named ones left out."""
    names = {str(volume.name) for volume in client.volumes.list(filters={"dangling": True})}
    return {name for name in names if not name.startswith("hounsfield")}


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _loops_below(folder: Path) -> list[str]:
    if not loop_is_possible():
        return []
    devices = Path("/sys/block").glob("loop*/loop/backing_file")
    return sorted(path for device in devices for path in _lines(str(device)) if str(folder) in path)
