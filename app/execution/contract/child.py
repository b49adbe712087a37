"""Inspect an archive in a child process, so that no archive can take the worker down with it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.limits import MIB, ArchiveLimits
from app.execution.contract.manifest import ImageManifest
from app.execution.contract.tar_stream import Readable

_ROOT = Path(__file__).resolve().parents[3]
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
_WALL_SECONDS = 1500.0


def inspect_in_child(
    source: Readable, *, limits: ArchiveLimits | None = None, seconds: float = _WALL_SECONDS
) -> ImageManifest:
    """Like `inspect_archive`, in a process with bounded memory and time and without files.

    Raises
    ------
    ContainerArchiveError
        Also when the child did not survive the archive.
    """
    process = subprocess.Popen(
        [sys.executable, "-E", "-s", "-m", "app.execution.contract", _as_json(limits)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        sink, process.stdin = process.stdin, None
        if sink is not None:
            _feed(source, sink)
        answer, _ = process.communicate()
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    return _read_answer(answer)


def _as_json(limits: ArchiveLimits | None) -> str:
    return json.dumps(asdict(limits or ArchiveLimits()))


def _feed(source: Readable, sink: IO[bytes]) -> None:
    """Pass the archive on until it ends or the child has seen enough."""
    with contextlib.suppress(BrokenPipeError):
        while chunk := source.read(MIB):
            sink.write(chunk)
    with contextlib.suppress(BrokenPipeError):
        sink.close()


def _read_answer(answer: bytes) -> ImageManifest:
    try:
        result = json.loads(answer)
    except ValueError:
        raise ContainerArchiveError(
            code="unreadable",
            message="The archive could not be read within the limits of memory and time.",
            advice="Make the image smaller, save it again with `docker save` and upload that file.",
        ) from None
    if "error" in result:
        raise ContainerArchiveError(**result["error"])
    return ImageManifest.from_record(result["manifest"])
