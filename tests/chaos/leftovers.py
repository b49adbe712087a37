"""What a portal must not leave behind, wherever it may lie."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import docker
import psycopg

from config.local import engine_daemon
from tests.chaos.portal import Portal


def leftovers(portal: Portal) -> list[str]:
    """Name everything that is there of jobs that have ended."""
    return [
        *_in_engine(portal),
        *_of_kernel(portal.home),
        *_in_folders(portal),
        *_on_their_way(portal),
        *(f"{count} messages in {name}" for name, count in portal.broker.left().items()),
        *_orphans(portal),
    ]


def _in_engine(portal: Portal) -> Iterator[str]:
    client = docker.DockerClient(base_url=portal.engine.places.docker_host, timeout=20)
    with contextlib.closing(client):
        for container in client.containers.list(all=True, ignore_removed=True):
            yield f"container {container.name} ({container.status})"
        for volume in client.volumes.list():
            yield f"volume {volume.name}"
    for pid in engine_daemon._contained(portal.engine.places):
        yield f"process {pid} in a container"
    mark = str(portal.engine.places.exec_root)
    for pid, words in engine_daemon._processes():
        if "-address" in words and any(word.startswith(mark) for word in words):
            yield f"shim {pid}"


def _of_kernel(home: Path) -> Iterator[str]:
    for found in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            backing = found.read_text().strip()
            if backing.startswith(f"{home}/"):
                yield f"loop device of {backing}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split()[4]
        if point.startswith(f"{home}/worker/"):
            yield f"mount {point}"


def _in_folders(portal: Portal) -> Iterator[str]:
    for folder in (portal.home / "worker" / "runs", portal.scratch):
        if folder.exists():
            yield from (f"{path}" for path in folder.iterdir() if not _is_celerys(path))


def _on_their_way(portal: Portal) -> Iterator[str]:
    """Results that nobody wants any more; the reconciler discards them."""
    with psycopg.connect(portal.database.url) as connection:
        found = connection.execute("SELECT slug, run_id FROM execution_incomingoutput").fetchall()
    yield from (f"result {slug} of {run}" for slug, run in found)


def _is_celerys(path: Path) -> bool:
    """An empty folder that Celery's pool makes, and removes unless it is killed."""
    return path.name.startswith("pymp-") and not any(path.iterdir())


def _orphans(portal: Portal) -> Iterator[str]:
    for program in portal.programs.values():
        for pid in program.orphans:
            yield f"process {pid} that {program.name} left"
