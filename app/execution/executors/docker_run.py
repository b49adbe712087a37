"""One container on a Docker engine, watched: its log, its wall clock, its end.

Two threads per container, beside the one that measures. The reader takes the log as it is
written and kills a container that floods it; the watcher waits for the end and kills at the wall
clock. Both keep to their limits even when nobody polls.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import docker
import requests
from docker.models import containers as sdk
from docker.models.containers import Container
from docker.utils.socket import STDERR, frames_iter

from app.execution.contract import Limits
from app.execution.contract.reasons import StoppedBy
from app.execution.executors.base import Exit, PlatformFault
from app.execution.executors.log_account import LogAccount, LogChunk, LogTap, Stream
from app.execution.executors.usage import UsageMeter, UsageSample

logger = logging.getLogger(__name__)

_ROOT_CHECK_SECONDS = 1.0
_AFTER_KILL_SECONDS = 30.0
_LONGEST_WAIT = 3600.0
_WAIT_ERRORS = (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError)
_REMOVING = "already in progress"
_REMOVED_SECONDS = 60


class WatchedContainer:
    """A created container; `start` runs it and its two watching threads.

    One that stays up has no wall clock here: whoever asks it for something watches the time.
    """

    def __init__(
        self,
        container: Container,
        *,
        limits: Limits,
        new_client: Callable[[], docker.DockerClient],
        watches_root: bool,
        stays_up: bool = False,
    ) -> None:
        self.container = container
        self.tap = LogTap(LogAccount(limits.log_bytes))
        self._id = str(container.id)
        self.limits = limits
        self._wall_clock = math.inf if stays_up else limits.wall_clock
        self._stays_up = stays_up
        self._new_client = new_client
        self._watches_root = watches_root
        self._lock = threading.Lock()
        self._stopped_by = StoppedBy.NOTHING
        self._done = threading.Event()
        self._exit: Exit | None = None
        self._failure: Exception | None = None
        self._started = 0.0
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._meter = UsageMeter(self._id, cpus=limits.cpus, new_client=new_client)

    def start(self) -> None:
        """Attach first, then start, so that no byte of the log is missed."""
        self._attach_client = self._new_client()
        streams = {"stdout": 1, "stderr": 1, "stream": 1, "logs": 0}
        self._stream = self._attach_client.api.attach_socket(self._id, params=streams)
        self._started = time.monotonic()
        self.container.start()
        self._reader.start()
        self._watcher.start()
        if not self._stays_up:
            self._meter.start(self._done)

    def poll(self, timeout: float) -> Exit | None:
        """Wait up to `timeout` seconds for the end."""
        self._done.wait(timeout)
        if self._failure is not None:
            raise PlatformFault(
                f"The container engine was lost during the run ({self._failure})."
            ) from self._failure
        return self._exit

    def take_logs(self) -> list[LogChunk]:
        """Return what was logged since the last call."""
        return self.tap.account.take()

    def take_usage(self) -> list[UsageSample]:
        """Return what was measured since the last call."""
        return self._meter.take()

    def stop(self, why: StoppedBy) -> None:
        """Kill it. The first reason stays; an ended container is left alone."""
        with self._lock:
            if self._exit is not None:
                return
            if self._stopped_by is StoppedBy.NOTHING:
                self._stopped_by = why
        try:
            self.container.kill()
        except docker.errors.APIError as error:
            if error.status_code not in (404, 409):
                raise PlatformFault(f"The engine did not stop a container ({error}).") from error

    def join(self) -> None:
        """Wait for the watching threads of a removed container."""
        for thread in (self._reader, self._watcher):
            if thread.ident is not None:
                thread.join(timeout=_AFTER_KILL_SECONDS)
        self._meter.join(timeout=_AFTER_KILL_SECONDS)

    def _read_log(self) -> None:
        """Reads to the very end even after the log is full.

        An attached client that stops reading blocks the engine (seen with dockerd 20.10): it can
        then neither finish the kill nor answer for this container. So another thread kills.
        """
        killer = threading.Thread(target=self.stop, args=(StoppedBy.LOG,), daemon=True)
        try:
            # It has no terminal: nobody has to be asked how the two streams come.
            for number, content in frames_iter(self._stream, tty=False):  # type: ignore[no-untyped-call]
                name: Stream = "stderr" if number == STDERR else "stdout"
                if not self.tap.take_in(name, content) and killer.ident is None:
                    killer.start()
        except Exception as error:  # noqa: BLE001 - the watcher decides what the end means
            logger.info("The log stream of %s ended early: %s", self.container.name, error)
        finally:
            with contextlib.suppress(OSError, docker.errors.DockerException):
                self._stream.close()
            self._attach_client.close()

    def _watch(self) -> None:
        client = self._new_client()
        try:
            code = self._wait_for_end(client)
            seconds = time.monotonic() - self._started
            self._reader.join(timeout=5.0)
            oom_killed = self._was_oom_killed(client, code)
            with self._lock:
                log, why = self.tap.account, self._stopped_by
                self._exit = Exit(
                    facts=log.facts(exit_code=code, oom_killed=oom_killed, stopped_by=why),
                    seconds=seconds,
                    log_sha256=log.sha256,
                    log_bytes=log.size,
                )
        except Exception as error:  # noqa: BLE001 - handed to whoever polls
            self._failure = error
        finally:
            client.close()
            self._done.set()

    def _wait_for_end(self, client: docker.DockerClient) -> int:
        deadline = self._started + self._wall_clock
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                self.stop(StoppedBy.TIME)
                left = _AFTER_KILL_SECONDS
            step = min(left, _ROOT_CHECK_SECONDS if self._watches_root else _LONGEST_WAIT)
            try:
                answer = client.api.wait(self._id, timeout=cast(int, step))
                return int(answer["StatusCode"])
            except _WAIT_ERRORS as error:
                if time.monotonic() > deadline + _AFTER_KILL_SECONDS:
                    raise PlatformFault("A container did not die when killed.") from error
                client.ping()
            if self._watches_root and self._root_bytes(client) > self.limits.writable_root:
                self.stop(StoppedBy.ROOT)

    def _root_bytes(self, client: docker.DockerClient) -> int:
        found = client.api.containers(all=True, size=True, filters={"id": self._id})
        return int(found[0].get("SizeRw") or 0) if found else 0

    def _was_oom_killed(self, client: docker.DockerClient, code: int) -> bool:
        """The engine learns of an out-of-memory kill a moment after the process is gone."""
        give_up = time.monotonic() + (1.0 if code == 137 else 0.0)
        while True:
            state = client.api.inspect_container(self._id)["State"]
            if state.get("OOMKilled") or self._stopped_by is not StoppedBy.NOTHING:
                return bool(state.get("OOMKilled"))
            if time.monotonic() >= give_up:
                return False
            time.sleep(0.05)


def create_container(client: docker.DockerClient, image_id: str, **options: Any) -> Container:
    """Create a container; the SDK's own way asks the engine for all about it, too."""
    given = {"image": image_id, "version": client.api.api_version, **options}
    named = sdk._create_container_args(given)  # type: ignore[attr-defined]
    return client.containers.prepare_model(client.api.create_container(**named))


def remove_container(container: Container) -> None:
    """Remove one that the engine listed, whatever it does; not every engine kills what is frozen.

    Raises `docker.errors.NotFound` where it is gone already.
    """
    if container.status == "paused":
        with contextlib.suppress(docker.errors.APIError):
            container.unpause()
    remove_running(container)


def remove_running(container: Container) -> None:
    """Remove a container, or wait until it is gone where the engine is at it already.

    Raises `docker.errors.NotFound` where it is gone already.
    """
    try:
        container.remove(force=True, v=True)
    except docker.errors.APIError as error:
        if error.status_code != HTTPStatus.CONFLICT or _REMOVING not in str(error).lower():
            raise
        # Somebody else asked for it, who may have been killed since; the engine goes on.
        container.wait(condition="removed", timeout=_REMOVED_SECONDS)
