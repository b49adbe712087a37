"""A container on a Docker engine that stays up between cases (`base.Service`)."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import docker

from app.execution.contract import CollectedOutput, RunSpec, collect_outputs
from app.execution.contract.reasons import StoppedBy
from app.execution.contract.spec import OUTPUT_FOLDER
from app.execution.executors.base import Channel, Exit, PlatformFault
from app.execution.executors.channels import RelayChannel, SocketChannel
from app.execution.executors.docker_errors import engine_errors, start_errors
from app.execution.executors.docker_run import WatchedContainer
from app.execution.executors.log_account import LogAccount
from app.execution.executors.namespaces import InsideContainer, NotReachable
from app.execution.executors.staging import StagedRun, clear_case, stage_case
from app.execution.executors.storage import HostStorage, RunStorage
from app.execution.executors.sweeping import Sweeper, Unswept
from app.execution.executors.usage import UsageMeter, UsageSample

logger = logging.getLogger(__name__)
_FREEZE_TRIES = 2
_LOG_SECONDS, _QUIET_SECONDS = 5.0, 0.1
_MARK_BYTES = 32
LOCK_SUFFIX = ".lock"
SHARED_MEMORY = "/dev/shm"  # noqa: S108


class Hold:
    """A lock beside the folder of a container that stays up: whoever reaps leaves it alone.

    The kernel lets go of it when this process dies.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder.with_suffix(LOCK_SUFFIX)
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Let go; harmless when that was done before."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def is_held(folder: Path) -> bool:
    """Tell whether a living process keeps a container up whose files are in this folder."""
    try:
        with folder.with_suffix(LOCK_SUFFIX).open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@dataclass
class Parts:
    """What a service is made of; its maker removes them all by `release`."""

    name: str
    folder: Path
    staged: StagedRun
    storage: RunStorage
    watched: WatchedContainer
    release: Callable[[], None]


class DockerService:
    """See `base.Service`.

    Where the worker sees the container's process, it enters its network and its folders and can
    serve case after case. Else it asks through the engine, and the container serves one case.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        new_client: Callable[[], docker.DockerClient],
        may_enter: bool,
    ) -> None:
        self.name = parts.name
        self._parts = parts
        self._watched = parts.watched
        self._new_client = new_client
        self._may_enter = may_enter
        self._inside: InsideContainer | None = None
        self._sweepers: dict[str, Sweeper] = {}
        self._frozen = False
        self._has_lost_log = False
        self._meter: UsageMeter | None = None
        self._measured = threading.Event()

    @property
    def log(self) -> LogAccount:
        """Return where the container's log goes now."""
        return self._watched.tap.account

    @log.setter
    def log(self, account: LogAccount) -> None:
        self._watched.tap.account = account

    @property
    def reusable(self) -> bool:
        """Tell whether it can be frozen and swept."""
        return bool(self._sweepers)

    def start(self) -> None:
        """Start the container and look for a way in."""
        with start_errors():
            self._watched.start()
        if not self._may_enter:
            return
        container = self._watched.container
        try:
            with engine_errors("tell of a container"):
                container.reload()
            pid = int(container.attrs["State"]["Pid"])
            self._inside = InsideContainer(pid, container_id=str(container.id))
        except NotReachable as error:
            logger.info("%s is asked through its engine: %s", self.name, error)

    def settle(self) -> None:
        """Open the folders that a case may write to, and remember what is there already."""
        storage = self._parts.storage
        if self._inside is None or not isinstance(storage, HostStorage):
            return
        try:
            folders = {path: self._inside.open_folder(path) for path in storage.devices}
            for path, device in storage.devices.items():
                if os.fstat(folders[path]).st_dev != os.stat(device).st_rdev:
                    raise NotReachable(f"{path} is not the disk that was made for it.")
            folders[SHARED_MEMORY] = self._inside.open_folder(SHARED_MEMORY)
            self._sweepers = {path: Sweeper(folder) for path, folder in folders.items()}
        except (OSError, NotReachable, Unswept) as error:
            logger.info("%s serves one case only: %s", self.name, error)

    def poll(self, timeout: float) -> Exit | None:
        """Wait for the end."""
        return self._watched.poll(timeout)

    def ask(self, request: bytes) -> Channel:
        """Send a request, by the shortest way there is."""
        if self._inside is not None:
            return SocketChannel(self._inside.connect(), request)
        return RelayChannel(str(self._watched.container.id), request, new_client=self._new_client)

    def put(self, spec: RunSpec) -> dict[str, str]:
        """Lay the inputs of a case at /input."""
        stage_case(spec, self._parts.staged)
        with engine_errors("bring the inputs"):
            self._parts.storage.refill(spec, self._parts.staged)
        return dict(self._parts.staged.digests)

    def measure(self) -> None:
        """Measure from now until the next case, or until this one is collected."""
        self._measured.set()
        self._measured = threading.Event()
        limits, container = self._watched.limits, self._watched.container
        self._meter = UsageMeter(
            str(container.id), cpus=limits.cpus, new_client=self._new_client, is_new=False
        )
        self._meter.start(self._measured)

    def take_usage(self) -> list[UsageSample]:
        """Return what was measured since the last call."""
        return self._meter.take() if self._meter else []

    def freeze(self) -> bool:
        """Freeze it; False when it has ended, or cannot be frozen."""
        self._measured.set()
        for _ in range(_FREEZE_TRIES):
            if self._frozen or self.poll(0) is not None:
                break
            try:
                with engine_errors("freeze a container"):
                    self._watched.container.pause()
                self._frozen = True
                self._settle_log()
            except PlatformFault as error:
                logger.info("%s was not frozen: %s", self.name, error)
        return self._frozen

    def _settle_log(self) -> None:
        """Wait until all that was logged before now has arrived."""
        mark, tap = secrets.token_bytes(_MARK_BYTES), self._watched.tap
        tap.expect(mark)
        written = self._inside is not None and self._inside.write_to_log(mark)
        if not tap.wait(_LOG_SECONDS if written else _QUIET_SECONDS) and written:
            logger.info("%s ends: its log cannot be followed.", self.name)
            self._has_lost_log = True

    def thaw(self) -> None:
        """Let it go on; one that was not frozen is left alone."""
        if self._frozen:
            self._frozen = False
            with engine_errors("wake a container"):
                self._watched.container.unpause()

    def collect(self, spec: RunSpec) -> tuple[CollectedOutput, ...]:
        """Copy the declared outputs out."""
        destination = self._parts.folder / "collected"
        if self._frozen:
            return collect_outputs(
                root=self._sweepers[OUTPUT_FOLDER].folder,
                slots=spec.outputs,
                limits=spec.limits,
                destination=destination,
            )
        self._let_go()
        with engine_errors("read the outputs"), self._parts.storage.open_output() as view:
            return collect_outputs(
                root=view.root,
                slots=spec.outputs,
                limits=spec.limits,
                destination=destination,
                refused=view.refused,
            )

    def sweep(self) -> bool:
        """Remove outputs, scratch, shared memory and inputs of a case from a frozen container."""
        if not self._frozen or self._has_lost_log:
            return False
        try:
            for sweeper in self._sweepers.values():
                sweeper.sweep()
            clear_case(self._parts.staged)
            shutil.rmtree(self._parts.folder / "collected", ignore_errors=True)
        except (OSError, Unswept) as error:
            logger.info("%s ends: %s", self.name, error)
            return False
        return True

    def stop(self, why: StoppedBy) -> None:
        """Kill it."""
        self._measured.set()
        with contextlib.suppress(PlatformFault):
            self.thaw()  # engines do not kill what is frozen
        with engine_errors("stop a container"):
            self._watched.stop(why)

    def release(self) -> None:
        """Remove everything."""
        self._measured.set()
        with contextlib.suppress(PlatformFault):
            self.thaw()
        self._let_go()
        self._parts.release()

    def _let_go(self) -> None:
        """Give the container's folders back, so that its disks can be freed."""
        self._sweepers = {}
        if self._inside is not None:
            self._inside.close()
