"""What a Docker-compatible engine's errors mean for a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import docker
import requests
import urllib3

from app.execution.contract.reasons import explain_start_failure
from app.execution.executors.base import PlatformFault, StartFailure

ENGINE_ERRORS = (
    docker.errors.DockerException,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,  # a stream that breaks off is not put into other words
    OSError,
)
_START_PHRASES = (
    "exec:",
    "exec format",
    "executable file",
    "permission denied",
    "cwd",
    "init: mkdir /",
)


@contextlib.contextmanager
def engine_errors(what: str) -> Iterator[None]:
    """Make a platform's fault of whatever the engine fails with while it should do `what`."""
    try:
        yield
    except ENGINE_ERRORS as error:
        raise fault(what, error) from error


@contextlib.contextmanager
def start_errors() -> Iterator[None]:
    """The same for a start, which can also fail for the image's own command."""
    try:
        yield
    except docker.errors.APIError as error:
        detail = str(error.explanation or error)
        if any(phrase in detail.lower() for phrase in _START_PHRASES):
            raise StartFailure(explain_start_failure(detail)) from error
        raise PlatformFault(f"The engine could not start the run ({detail[:300]}).") from error
    except ENGINE_ERRORS as error:
        raise fault("start the run", error) from error


def fault(what: str, error: Exception) -> PlatformFault:
    """Return a platform's fault in words for an administrator."""
    detail = str(getattr(error, "explanation", "") or error)[:300]
    return PlatformFault(
        f"The container engine could not {what} ({detail}).",
        advice="The run is tried again. If this lasts, look at the worker's engine.",
    )
