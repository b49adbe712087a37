"""Runs containers on a Docker-compatible engine (Docker, Podman's socket), local or remote."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import resource
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import docker
from docker.types import Mount

from app.execution.contract import CollectedOutput, ImageManifest, RunSpec, collect_outputs
from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.loading import untagged_archive
from app.execution.contract.reasons import StoppedBy
from app.execution.executors.base import (
    EngineStatus,
    Exit,
    InputFault,
    PlatformFault,
)
from app.execution.executors.channels import place_relay
from app.execution.executors.docker_errors import ENGINE_ERRORS, engine_errors, start_errors
from app.execution.executors.docker_options import container_options
from app.execution.executors.docker_run import (
    WatchedContainer,
    create_container,
    remove_container,
    remove_running,
)
from app.execution.executors.docker_service import (
    LOCK_SUFFIX,
    DockerService,
    Hold,
    Parts,
    is_held,
)
from app.execution.executors.hardware import capacity_of
from app.execution.executors.keeper import keeper_archive
from app.execution.executors.log_account import LogChunk
from app.execution.executors.loop import detach_all_below, loop_is_possible
from app.execution.executors.null import ADVICE
from app.execution.executors.orphans import (
    PROBE,
    end_shims,
    is_probe,
    names_in,
    traces_below,
)
from app.execution.executors.staging import StagedRun, fetch, stage
from app.execution.executors.storage import (
    OWNER_LABEL,
    RUN_LABEL,
    EngineStorage,
    HostStorage,
    RunStorage,
)
from app.execution.executors.usage import UsageSample

logger = logging.getLogger(__name__)

_Filters = dict[str, str | list[str] | bool]
StorageKind = Literal["auto", "host", "engine"]
_SLOW_CALL_SECONDS = 600
_STATUS_SECONDS = 5.0
_NOT_THERE = ("does not exist", "no such file")
_NO_ROOM = "no space left"
_MANY_PROCESSES = 4096  # more than any run may have, less than what any service may ask for
_NO_INIT = "container-init binary not found"


@dataclass
class DockerRun:
    """Everything that one run occupies; created piece by piece, released as a whole."""

    spec: RunSpec
    folder: Path
    storage: RunStorage
    staged: StagedRun | None = None
    watched: WatchedContainer | None = None
    hold: Hold | None = None

    @property
    def input_digests(self) -> dict[str, str]:
        """Return the sha256 of every staged input by its path."""
        return dict(self.staged.digests) if self.staged else {}


class DockerExecutor:
    """See `base.Executor`. `work_folder` is where runs are staged; it should be on a disk."""

    name = "docker"

    def __init__(
        self,
        *,
        work_folder: Path,
        base_url: str = "",
        storage: StorageKind = "auto",
        runtime: str = "",
    ) -> None:
        self._work_folder = work_folder
        self._base_url = base_url
        self._storage_kind = storage
        self._runtime = runtime
        self._client_or_none: docker.DockerClient | None = None
        self._probe_or_none: docker.DockerClient | None = None
        self._api_version = ""
        self._info: dict[str, Any] = {}
        self._profile: bool | None = None
        self._podman: bool | None = None
        self._proven: set[tuple[str, tuple[str, ...]]] = set()
        self._known: EngineStatus | None = None
        self._known_until = 0.0

    def status(self) -> EngineStatus:
        """Ask the engine for its version; an answer holds for a few seconds."""
        if self._known is not None and self._known_until > time.monotonic():
            return self._known
        try:
            version = self._probe.version()
            capacity = capacity_of(self._engine_info())
        except ENGINE_ERRORS as error:
            self._forget()
            return EngineStatus(
                available=False,
                name=self.name,
                message=f"No container engine answers ({type(error).__name__}).",
                advice=ADVICE,
            )
        facts = {
            "engine": str(version.get("Version", "")),
            "api": str(version.get("ApiVersion", "")),
            "kernel": str(version.get("KernelVersion", "")),
        }
        message = f"Container engine {facts['engine']} answers."
        self._known = EngineStatus(
            available=True, name=self.name, message=message, facts=facts, capacity=capacity
        )
        self._known_until = time.monotonic() + _STATUS_SECONDS
        return self._known

    def provision(self, spec: RunSpec) -> DockerRun:
        """Load the image, fetch the inputs, create the container."""
        return self._provision(spec, stays_up=False)

    def provision_service(self, spec: RunSpec) -> DockerService:
        """The same for a container that stays up, under a name of its own."""
        named = replace(spec, run_id=f"service-{uuid.uuid4()}", inputs=())
        run = self._provision(named, stays_up=True)
        parts = Parts(
            name=named.run_id,
            folder=run.folder,
            staged=cast(StagedRun, run.staged),
            storage=run.storage,
            watched=self._watched(run),
            release=partial(self.release, run),
        )
        # A runtime with a kernel of its own has its loopback interface in there, too; and what
        # was written to the root file system cannot be swept.
        may_enter = not self._runtime and not spec.limits.writable_root
        return DockerService(parts, new_client=self._new_client, may_enter=may_enter)

    def _provision(self, spec: RunSpec, *, stays_up: bool) -> DockerRun:
        with engine_errors("prepare the run"):
            self._work_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = self._work_folder / spec.run_id
            if folder.exists():
                self._clear(spec.run_id)
            storage = self._new_storage(spec, folder)
            hold = Hold(folder) if stays_up else None
            run = DockerRun(spec=spec, folder=folder, storage=storage, hold=hold)
            try:
                folder.mkdir(mode=0o700)
                self._fill(run)
            except BaseException:
                self.release(run)
                raise
            return run

    def _fill(self, run: DockerRun) -> None:
        image_id = self._ensure_image(run)
        run.staged = stage(run.spec, run.folder)
        stays_up = run.hold is not None
        if stays_up:
            run.staged.tools = run.folder / "tools"
            place_relay(run.staged.tools)
        placement = run.storage.place(run.spec, run.staged)
        options = container_options(
            run.spec,
            placement,
            labels=self._labels(run.spec.run_id),
            cpus_of_host=int(self._engine_info().get("NCPU") or 1),
            init=(self._engine_info().get("InitCommit") or {}).get("ID") != "N/A",
            runtime=self._runtime,
            takes_profile=self._takes_profile(),
            processes=self._processes(),
        )
        try:
            container, has_quota = self._create(image_id, options, run.spec)
        except docker.errors.ImageNotFound:
            self._proven.clear()  # somebody removed it since
            container, has_quota = self._create(self._ensure_image(run), options, run.spec)
        run.watched = WatchedContainer(
            container,
            limits=run.spec.limits,
            new_client=self._new_client,
            watches_root=run.spec.limits.writable_root > 0 and not has_quota,
            stays_up=stays_up,
        )

    def _create(self, image_id: str, options: dict[str, Any], spec: RunSpec) -> tuple[Any, bool]:
        """(container, whether the engine itself caps its root): few storage drivers can."""
        if spec.limits.writable_root:
            quota = {"size": str(spec.limits.writable_root)}
            with contextlib.suppress(docker.errors.APIError):
                return create_container(self._client, image_id, storage_opt=quota, **options), True
        try:
            return create_container(self._client, image_id, **options), False
        except docker.errors.APIError as error:
            if not (options.get("init") and _NO_INIT in str(error)):
                raise
        # Podman only recommends the package with its init; a run does without.
        return create_container(self._client, image_id, **{**options, "init": False}), False

    def start(self, run: DockerRun) -> None:
        """Start the container; a command that cannot start is a `StartFailure`."""
        with start_errors():
            self._watched(run).start()

    def poll(self, run: DockerRun, *, timeout: float) -> Exit | None:
        """Wait for the end."""
        return self._watched(run).poll(timeout)

    def stream_logs(self, run: DockerRun) -> list[LogChunk]:
        """Return what was logged since the last call."""
        return self._watched(run).take_logs()

    def take_usage(self, run: DockerRun) -> list[UsageSample]:
        """Return what was measured since the last call."""
        return self._watched(run).take_usage()

    def stop(self, run: DockerRun, *, why: StoppedBy = StoppedBy.CANCEL) -> None:
        """Kill the container."""
        with engine_errors("stop the run"):
            self._watched(run).stop(why)

    def collect(self, run: DockerRun) -> tuple[CollectedOutput, ...]:
        """Copy the declared outputs out of the dead container."""
        with engine_errors("read the outputs"), run.storage.open_output() as view:
            return collect_outputs(
                root=view.root,
                slots=run.spec.outputs,
                limits=run.spec.limits,
                destination=run.folder / "collected",
                refused=view.refused,
            )

    def release(self, run: DockerRun) -> None:
        """Every step is tried; what fails is logged and left to `reap`."""
        if run.watched is not None:
            with self._logged("container", run), contextlib.suppress(docker.errors.NotFound):
                remove_running(run.watched.container)
            run.watched.join()
        with self._logged("volumes", run):
            run.storage.release()
        with self._logged("folder", run):
            shutil.rmtree(run.folder, ignore_errors=False)
        if run.hold is not None:
            run.hold.release()

    def leftovers(self) -> set[str]:
        """Return the runs of which this work folder, its engine or the kernel has anything."""
        with engine_errors("look for abandoned runs"):
            labelled = {self._run_of(thing.attrs) for thing in self._labelled()}
        found = {name for name in labelled if not is_probe(self._work_folder / name)}
        found |= names_in(self._work_folder, lock_suffix=LOCK_SUFFIX)
        return (found | traces_below(self._work_folder.resolve())) - {""}

    def reap(self, *, live: AbstractSet[str], found: AbstractSet[str] | None = None) -> list[str]:
        """Remove this work folder's runs that are not in `live`, nor kept up by a process."""
        with engine_errors("remove abandoned runs"):
            dead = sorted((self.leftovers() if found is None else found) - live)
            abandoned = [name for name in dead if not is_held(self._work_folder / name)]
            for run_id in abandoned:
                self._clear(run_id)
            return abandoned

    def _clear(self, run_id: str) -> None:
        """Remove whatever an earlier try of this run left in engine, work folder and kernel."""
        mine: _Filters = {"label": f"{RUN_LABEL}={run_id}"}
        for container in self._client.containers.list(all=True, filters=mine, ignore_removed=True):
            with contextlib.suppress(docker.errors.NotFound):
                remove_container(container)
        folder = self._work_folder.resolve() / run_id
        end_shims(folder)  # the engine has ended those that it knows
        for volume in self._client.volumes.list(filters=mine):
            with contextlib.suppress(docker.errors.NotFound):
                volume.remove(force=True)
        if loop_is_possible():
            detach_all_below(folder)
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(LOCK_SUFFIX).unlink(missing_ok=True)

    def _labelled(self) -> Iterator[Any]:
        ours: _Filters = {"label": f"{OWNER_LABEL}={self._labels('')[OWNER_LABEL]}"}
        yield from self._client.containers.list(all=True, filters=ours, ignore_removed=True)
        yield from self._client.volumes.list(filters=ours)

    @staticmethod
    def _run_of(attributes: dict[str, Any]) -> str:
        labels = attributes.get("Labels") or attributes.get("Config", {}).get("Labels") or {}
        return str(labels.get(RUN_LABEL, ""))

    def _ensure_image(self, run: DockerRun) -> str:
        """The engine's id of the image, loaded by content and proven layer by layer."""
        reference = run.spec.image
        image_id = self._known_image(reference.manifest)
        if image_id:
            return image_id
        archive = run.folder / "image.tar"
        fetch(reference.archive_url, archive)
        try:
            loaded = self._client.images.load(
                cast(bytes, untagged_archive(archive, reference.manifest))
            )
        except ContainerArchiveError as error:
            raise PlatformFault(f"The stored image cannot be read ({error}).") from error
        except docker.errors.ImageLoadError as error:
            if _NO_ROOM in str(error).lower():
                raise
            raise _not_accepted(str(error)) from error
        archive.unlink()
        for image in loaded:
            found = self._find_image(str(image.id), reference.manifest)
            if found:
                return found
        raise _not_accepted("it is another image than it was")

    def _known_image(self, manifest: ImageManifest) -> str:
        """The same, nothing when the engine does not have it; asked once, for an id is a digest."""
        key = (manifest.image_id, manifest.diff_ids)
        if key in self._proven:
            return manifest.image_id
        image_id = self._find_image(manifest.image_id, manifest)
        if image_id:
            self._proven.add(key)
        return image_id

    def _find_image(self, image_id: str, manifest: ImageManifest) -> str:
        try:
            image = self._client.images.get(image_id)
        except docker.errors.ImageNotFound:
            return ""
        layers = (image.attrs.get("RootFS") or {}).get("Layers") or []
        return image_id if tuple(layers) == manifest.diff_ids else ""

    def _labels(self, run_id: str) -> dict[str, str]:
        """What marks a run's containers and volumes; two portals may share one engine."""
        owner = hashlib.sha256(str(self._work_folder.resolve()).encode()).hexdigest()[:16]
        return {RUN_LABEL: run_id, OWNER_LABEL: owner}

    def _new_storage(self, spec: RunSpec, folder: Path) -> RunStorage:
        labels = self._labels(spec.run_id)
        if self._storage_kind == "auto":
            self._storage_kind = "host" if self._shares_the_host() else "engine"
        if self._storage_kind == "host":
            named = self._is_podman()
            return HostStorage(self._client, folder, labels=labels, named=named)
        return EngineStorage(self._client, folder, labels=labels, keeper_image=self._keeper_image())

    def _shares_the_host(self) -> bool:
        """Whether the engine sees this worker's folders and devices."""
        url = self._base_url or str(self._client.api.base_url)
        if not loop_is_possible() or not ("unix" in url or "localhost" in url):
            return False
        with tempfile.TemporaryDirectory(prefix=PROBE, dir=self._work_folder) as probe:
            try:
                mount = Mount("/probe", probe, type="bind", read_only=True)
                container = self._client.containers.create(
                    self._keeper_image(), mounts=[mount], labels=self._labels(Path(probe).name)
                )
            except docker.errors.APIError as error:
                if any(phrase in str(error).lower() for phrase in _NOT_THERE):
                    return False
                raise  # an engine in trouble says nothing about where it is
            with contextlib.suppress(docker.errors.NotFound):  # the reaper may be first
                container.remove(force=True)
        return True

    def _keeper_image(self) -> str:
        image_id, archive = keeper_archive()
        try:
            return str(self._client.images.get(image_id).id)
        except docker.errors.ImageNotFound:
            return str(self._client.images.load(archive)[0].id)

    @property
    def _client(self) -> docker.DockerClient:
        if self._client_or_none is None:
            self._client_or_none = self._new_client()
        return self._client_or_none

    @property
    def _probe(self) -> docker.DockerClient:
        """A client that gives up soon."""
        if self._probe_or_none is None:
            self._probe_or_none = self._new_client(timeout=10)
        return self._probe_or_none

    def _forget(self) -> None:
        """Whoever answers next may be another engine, or the same one after an upgrade."""
        self._client_or_none = self._probe_or_none = self._profile = self._podman = None
        self._proven.clear()
        self._info, self._api_version = {}, ""

    def _new_client(self, *, timeout: int = _SLOW_CALL_SECONDS) -> docker.DockerClient:
        """A connection of its own; the engine is asked for its protocol once."""
        options: dict[str, Any] = {"timeout": timeout, "version": self._api_version or None}
        if self._base_url:
            client = docker.DockerClient(base_url=self._base_url, **options)
        else:
            client = docker.from_env(**options)
        self._api_version = str(client.api.api_version)
        if client.api.base_url.startswith("http+docker:"):  # a socket of this machine
            client.api.trust_env = False  # proxies would be looked for before every call
        return client

    def _engine_info(self) -> dict[str, Any]:
        if not self._info:
            self._info = dict(self._probe.info())
        return self._info

    def _takes_profile(self) -> bool:
        """Whether the engine filters system calls by a profile that comes with the request.

        Podman reads profiles from its own disk only, so there its own profile holds.
        """
        if self._profile is None:
            filters = any("seccomp" in option for option in self._engine_info()["SecurityOptions"])
            self._profile = filters and not self._is_podman()
        return self._profile

    def _is_podman(self) -> bool:
        if self._podman is None:
            parts = self._client.version().get("Components") or ()
            self._podman = any("podman" in str(part["Name"]).lower() for part in parts)
        return self._podman

    def _processes(self) -> int:
        """The limit of processes per user that has to be named to the engine, 0 for none.

        Podman asks for more than this machine may allow unless one is named; the run's own
        limit is another one, which counts its processes alone.
        """
        if not self._is_podman():
            return 0
        _, most = resource.getrlimit(resource.RLIMIT_NPROC)
        return _MANY_PROCESSES if most == resource.RLIM_INFINITY else min(most, _MANY_PROCESSES)

    @staticmethod
    def _watched(run: DockerRun) -> WatchedContainer:
        if run.watched is None:
            raise PlatformFault("The run was not provisioned.")
        return run.watched

    @contextlib.contextmanager
    def _logged(self, what: str, run: DockerRun) -> Iterator[None]:
        try:
            yield
        except Exception:
            logger.exception("Could not remove the %s of run %s.", what, run.spec.run_id)


def _not_accepted(detail: str) -> InputFault:
    return InputFault(
        f"The container engine did not accept the image ({detail[:200]}).",
        advice="Build it again, save it with `docker save` and upload the new file.",
    )
