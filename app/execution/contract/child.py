"""Inspect an archive in a child process, so that no archive can take the worker down with it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.forward import Readable
from app.execution.contract.limits import MIB, ArchiveLimits
from app.execution.contract.manifest import ImageManifest
from app.execution.contract.meter import Progress
from app.execution.contract.weights import WEIGHTS_LIMITS, WeightsFacts

_ROOT = Path(__file__).resolve().parents[3]
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
_WALL_SECONDS = 1500.0
_ANSWER_BYTES = 64 * MIB
_ADVICE = {
    "image": "Make the image smaller, save it again with `docker save` and upload that file.",
    "weights": "Pack fewer and smaller files into the archive, and upload that.",
}


def inspect_in_child(
    source: Readable,
    *,
    limits: ArchiveLimits | None = None,
    seconds: float = _WALL_SECONDS,
    progress: Progress | None = None,
) -> ImageManifest:
    """Like `inspect_archive`, in a process with bounded memory and time and without files.

    Raises
    ------
    ContainerArchiveError
        Also when the child did not survive the archive.
    """
    facts = _ask("image", source, limits or ArchiveLimits(), seconds=seconds, progress=progress)
    return ImageManifest.from_record(facts)


def inspect_weights_in_child(
    source: Readable,
    *,
    limits: ArchiveLimits | None = None,
    seconds: float = _WALL_SECONDS,
    progress: Progress | None = None,
) -> WeightsFacts:
    """Like `inspect_weights`, in such a process; raises the same."""
    facts = _ask("weights", source, limits or WEIGHTS_LIMITS, seconds=seconds, progress=progress)
    return WeightsFacts(**facts)


def _ask(
    what: str,
    source: Readable,
    limits: ArchiveLimits,
    *,
    seconds: float,
    progress: Progress | None,
) -> dict[str, Any]:
    file = _file_of(source)
    process = subprocess.Popen(
        [
            sys.executable,
            "-E",
            "-s",
            "-m",
            "app.execution.contract",
            what,
            json.dumps(asdict(limits)),
        ],
        stdin=subprocess.PIPE if file is None else file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        with _fed(source, process.stdin):
            return _read_answer(process.stdout, progress, advice=_ADVICE[what])
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _file_of(source: Readable) -> int | None:
    """The descriptor of a local file that was not read yet: the child then reads it itself."""
    if not isinstance(source, io.BufferedReader) or source.tell() != 0:
        return None
    try:
        return source.fileno()
    except OSError:
        return None


@contextmanager
def _fed(source: Readable, sink: IO[bytes] | None) -> Iterator[None]:
    """Pass the archive on, in a thread, until it ends or the child has seen enough.

    What the source raises is raised when the answer is there: it explains a bad one.
    """
    if sink is None:
        yield
        return
    trouble: list[Exception] = []

    def feed() -> None:
        try:
            with contextlib.suppress(BrokenPipeError):
                while chunk := source.read(MIB):
                    sink.write(chunk)
        except Exception as error:  # noqa: BLE001 -- raised below
            trouble.append(error)
        with contextlib.suppress(BrokenPipeError):
            sink.close()

    thread = threading.Thread(target=feed, daemon=True)
    thread.start()
    try:
        yield
    except ContainerArchiveError:
        thread.join()
        if trouble:
            raise trouble[0] from None
        raise
    thread.join()


def _read_answer(
    lines: IO[bytes] | None, progress: Progress | None, *, advice: str
) -> dict[str, Any]:
    """Follow the child's lines: how far it is, and at last what it found."""
    left = _ANSWER_BYTES
    while lines is not None and left > 0 and (line := lines.readline(left)):
        left -= len(line)
        try:
            said = json.loads(line)
        except ValueError:
            break
        if "read" in said and progress is not None:
            progress(said["read"], said["doing"])
        if "error" in said:
            raise ContainerArchiveError(**said["error"])
        if "facts" in said:
            facts: dict[str, Any] = said["facts"]
            return facts
    raise ContainerArchiveError(
        code="unreadable",
        message="The archive could not be read within the limits of memory and time.",
        advice=advice,
    )
