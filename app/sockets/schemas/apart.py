"""Files from outside are looked at in a process of their own, which they may break."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.sockets.schemas.documents import ADVICE, Fault
from app.sockets.schemas.errors import InvalidValue

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = (sys.executable, "-m", "app.sockets.schemas.child")
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
_WALL_SECONDS = 300
_WALL_SECONDS_ON_A_PAGE = 20
_SLOW = "Looking at the file took longer than is allowed."


class TooSlow(InvalidValue):
    """A file that somebody would have to wait for."""


def check_file_apart(path: Path, *, kind: str, schema: Mapping[str, Any] | None = None) -> None:
    """Raise `InvalidValue` as `check_file` does, in a child with bounded memory and time.

    The child has none of our environment. A file that ends it is refused like any other.
    """
    job = {"path": str(path.resolve()), "kind": kind, "schema": schema}
    _ask(job, patience=_WALL_SECONDS)


def faults_of_document_apart(
    path: Path, *, form: str, schema: Mapping[str, Any] | None = None
) -> list[Fault]:
    """Return what `faults_of_document` does, found by a child as in `check_file_apart`.

    Somebody waits at a page: the child gets seconds, where files of sockets get minutes.
    """
    job = {"path": str(path.resolve()), "form": form, "schema": schema}
    try:
        answer = _ask(job, patience=_WALL_SECONDS_ON_A_PAGE)
    except TooSlow as error:
        return [Fault("", f"{error.message} {ADVICE}")]
    except InvalidValue as error:
        return [Fault(error.field, error.message)]
    return [Fault(**fault) for fault in answer["faults"]]


def _ask(job: Mapping[str, Any], *, patience: float) -> dict[str, Any]:
    """Return the child's answer; raises `InvalidValue` where it refuses the file or dies of it."""
    environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(
            _PROGRAM,
            input=json.dumps(job).encode(),
            capture_output=True,
            cwd=_ROOT,
            env=environment,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooSlow(_SLOW) from error
    if done.returncode == -signal.SIGXCPU:
        raise TooSlow(_SLOW)
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise InvalidValue("The file could not be read.") from error
    if "message" in answer:
        raise InvalidValue(answer["message"], field=answer["field"])
    return answer
