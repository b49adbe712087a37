"""Where a run's folders live: two ways, one interface.

`HostStorage` (worker is root on the engine's kernel) binds the staged inputs and gives the
container disk-backed, size-capped file systems. `EngineStorage` needs nothing but the engine's
socket: inputs travel through it, and what the container writes is capped by tmpfs volumes.
"""

from __future__ import annotations

import posixpath
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol, cast

import docker
from docker.models.containers import Container
from docker.types import DriverConfig, Mount

from app.execution.contract import RunSpec
from app.execution.contract.errors import ContainerArchiveError, OutputError
from app.execution.contract.limits import MIB, readable_bytes
from app.execution.contract.spec import (
    GROUND_TRUTH_FOLDER,
    INPUT_FOLDER,
    MODEL_FOLDER,
    OUTPUT_FOLDER,
    SCRATCH_FOLDER,
    TOOLS_FOLDER,
)
from app.execution.contract.tar_stream import UNREADABLE_ERRORS, iterate_members
from app.execution.executors.base import PlatformFault
from app.execution.executors.loop import LoopDisk
from app.execution.executors.staging import StagedRun

RUN_LABEL = "hounsfield.job"
OWNER_LABEL = "hounsfield.owner"
_MAX_OUTPUT_ENTRIES = 200_000
# What is on these disks is worth nothing after a power cut, and they are gone before the kernel
# would have zeroed their inode tables.
_DISK_OPTIONS = "nosuid,nodev,noatime,nobarrier,noinit_itable"


@dataclass
class OutputView:
    """A readable copy or view of /output; `refused` are names that were not plain files."""

    root: Path
    refused: dict[str, str] = field(default_factory=dict)


@dataclass
class Placement:
    """What the container is created with; `memory` is what tmpfs folders add to its limit."""

    mounts: list[Mount] = field(default_factory=list)
    tmpfs: dict[str, str] = field(default_factory=dict)
    memory: int = 0


class RunStorage(Protocol):
    """The folders of one run, from before its container exists until after it is gone."""

    def place(self, spec: RunSpec, staged: StagedRun) -> Placement:
        """Make the folders and say how the container mounts them."""

    def refill(self, spec: RunSpec, staged: StagedRun) -> None:
        """Bring the inputs of a case into a container that runs already."""

    def open_output(self) -> AbstractContextManager[OutputView]:
        """Give a view of /output once the container is dead."""

    def release(self) -> None:
        """Remove everything that `place` made."""


def _read_only_folders(staged: StagedRun) -> dict[str, Path]:
    folders = {INPUT_FOLDER: staged.input}
    if staged.model is not None:
        folders[MODEL_FOLDER] = staged.model
    if staged.ground_truth is not None:
        folders[GROUND_TRUTH_FOLDER] = staged.ground_truth
    if staged.tools is not None:
        folders[TOOLS_FOLDER] = staged.tools
    return folders


class HostStorage:
    """Binds for inputs; ext4 on loop devices for everything the container may write.

    Each is a volume of the container's own, which the engine makes and removes with it: that is
    six calls less than for those that are `named`, as they have to be where the engine is Podman.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        folder: Path,
        *,
        labels: Mapping[str, str],
        named: bool = False,
    ) -> None:
        self._client = client
        self._folder = folder
        self._labels = dict(labels)
        self._named = named
        self._disks: dict[str, LoopDisk] = {}
        self._volumes: list[str] = []

    def place(self, spec: RunSpec, staged: StagedRun) -> Placement:
        """Make the folders and say how the container mounts them."""
        self._check_room(spec)
        placement = Placement(
            mounts=[
                Mount(target, str(source), type="bind", read_only=True)
                for target, source in _read_only_folders(staged).items()
            ]
        )
        limits, volumes = spec.limits, spec.image.manifest.volumes
        sizes = {OUTPUT_FOLDER: limits.output, SCRATCH_FOLDER: limits.scratch}
        sizes |= dict.fromkeys(volumes, limits.scratch)
        for number, (target, size) in enumerate(sizes.items()):
            disk = self._make_disk(spec, target, self._folder / f"disk{number}", size)
            options = _DISK_OPTIONS + (",noexec" if target == OUTPUT_FOLDER else "")
            how = {"type": "ext4", "device": disk.device, "o": options}
            volume = self._volume(f"hounsfield-{spec.run_id}-{number}", how)
            keeps_content = target in volumes
            mount = Mount(target, type="volume", no_copy=not keeps_content, **volume)
            placement.mounts.append(mount)
        return placement

    @property
    def devices(self) -> dict[str, str]:
        """Return the block device of each folder that the container writes."""
        return {target: disk.device for target, disk in self._disks.items()}

    def refill(self, spec: RunSpec, staged: StagedRun) -> None:
        """Nothing to do: the container sees the staged folder itself."""

    def _check_room(self, spec: RunSpec) -> None:
        """Sparse files promise space that the disk may not have; say so before, not during."""
        needed = spec.limits.output + spec.limits.scratch
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise PlatformFault(
                f"The worker has {readable_bytes(free)} of free disk; the run may need "
                f"{readable_bytes(needed)}.",
                advice="Free disk space on the worker, or lower the run's scratch space.",
            )

    def _make_disk(self, spec: RunSpec, target: str, path: Path, size: int) -> LoopDisk:
        user = spec.image.manifest.user
        self._disks[target] = disk = LoopDisk(path, size=size, uid=user.uid, gid=user.gid)
        return disk

    def _volume(self, name: str, how: dict[str, str]) -> dict[str, Any]:
        """Return what says of a mount which volume it is; a named one is made now."""
        if not self._named:
            own = DriverConfig("local", how)
            return {"source": None, "driver_config": own, "labels": self._labels}
        self._client.volumes.create(name, driver="local", driver_opts=how, labels=self._labels)
        self._volumes.append(name)
        return {"source": name}

    @contextmanager
    def open_output(self) -> Iterator[OutputView]:
        """Give a view of /output once the container is dead."""
        with self._disks[OUTPUT_FOLDER].mounted(self._folder / "view") as root:
            yield OutputView(root=root)

    def release(self) -> None:
        """Remove everything that `place` made."""
        with ExitStack() as everything:
            for disk in self._disks.values():
                everything.callback(disk.destroy)
            for name in self._volumes:
                everything.callback(_remove_volume, self._client, name)


class EngineStorage:
    """Everything through the socket: inputs by upload, tmpfs for what the container writes."""

    def __init__(
        self,
        client: docker.DockerClient,
        folder: Path,
        *,
        labels: Mapping[str, str],
        keeper_image: str,
    ) -> None:
        self._client = client
        self._folder = folder
        self._labels = dict(labels)
        self._keeper_image = keeper_image
        self._keeper: Container | None = None
        self._volumes: list[str] = []
        self._output_limit = 0
        self._wanted: tuple[str, ...] = ()

    def place(self, spec: RunSpec, staged: StagedRun) -> Placement:
        """Make the folders and say how the container mounts them."""
        user, limits = spec.image.manifest.user, spec.limits
        owner = f"uid={user.uid},gid={user.gid}"
        folders = _read_only_folders(staged)
        volumes = {
            target: self._make_volume(spec, f"in{number}") for number, target in enumerate(folders)
        }
        bounds = f"size={limits.output},nr_inodes={_MAX_OUTPUT_ENTRIES}"
        options = f"{bounds},{owner},mode=0755,nosuid,nodev,noexec"
        output = self._make_volume(spec, "out", {"type": "tmpfs", "device": "tmpfs", "o": options})
        self._output_limit = limits.output
        self._wanted = tuple(slot.relative_path for slot in spec.outputs)
        self._start_keeper(spec, {**volumes, OUTPUT_FOLDER: output})
        for target, source in folders.items():
            self._upload(source, target)
        scratch = (SCRATCH_FOLDER, *spec.image.manifest.volumes)
        return Placement(
            mounts=[
                *(Mount(t, v, type="volume", read_only=True) for t, v in volumes.items()),
                Mount(OUTPUT_FOLDER, output, type="volume", no_copy=True),
            ],
            tmpfs=dict.fromkeys(scratch, f"rw,exec,nosuid,nodev,size={limits.scratch},{owner}"),
            memory=limits.output + limits.scratch * len(scratch),
        )

    def refill(self, spec: RunSpec, staged: StagedRun) -> None:
        """Send the staged inputs after; what the case may leave is its own."""
        self._output_limit = spec.limits.output
        self._wanted = tuple(slot.relative_path for slot in spec.outputs)
        self._upload(staged.input, INPUT_FOLDER)

    def _make_volume(
        self, spec: RunSpec, suffix: str, options: dict[str, str] | None = None
    ) -> str:
        name = f"hounsfield-{spec.run_id}-{suffix}"
        self._client.volumes.create(
            name, driver="local", driver_opts=options or {}, labels=self._labels
        )
        self._volumes.append(name)
        return name

    def _start_keeper(self, spec: RunSpec, volumes: dict[str, str]) -> None:
        self._keeper = self._client.containers.create(
            self._keeper_image,
            name=f"hounsfield-{spec.run_id}-keeper",
            labels=self._labels,
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=spec.limits.output + 64 * MIB,
            mounts=[Mount(t, v, type="volume", no_copy=True) for t, v in volumes.items()],
        )
        self._keeper.start()

    def _upload(self, source: Path, target: str) -> None:
        """One tar of the folder, root-owned and readable by all, into the keeper's volume."""
        if self._keeper is None:
            raise PlatformFault("Inputs can only be uploaded while the keeper runs.")
        with tempfile.TemporaryFile(dir=self._folder) as packed:
            with tarfile.open(fileobj=packed, mode="w") as tar:
                tar.add(source, arcname=".", filter=_owned_by_root)
            packed.seek(0)
            self._keeper.put_archive(target, cast(Any, packed))

    @contextmanager
    def open_output(self) -> Iterator[OutputView]:
        """Give a view of /output once the container is dead."""
        if self._keeper is None:
            raise PlatformFault("Outputs can only be read while the keeper runs.")
        view = OutputView(root=self._folder / "view")
        view.root.mkdir()
        chunks, _ = self._keeper.get_archive(OUTPUT_FOLDER)
        try:
            _unpack_plain_files(
                chunks,
                view,
                wanted=self._wanted,
                limit=2 * self._output_limit,
            )
        except ContainerArchiveError as error:
            raise _too_much(f"more than {_MAX_OUTPUT_ENTRIES} entries") from error
        except UNREADABLE_ERRORS as error:
            raise PlatformFault(f"The engine did not hand over /output ({error}).") from error
        yield view

    def release(self) -> None:
        """Remove everything that `place` made."""
        with ExitStack() as everything:
            for name in self._volumes:
                everything.callback(_remove_volume, self._client, name)
            if self._keeper is not None:
                everything.callback(self._keeper.remove, force=True, v=True)


def _owned_by_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _unpack_plain_files(
    chunks: Iterator[bytes], view: OutputView, *, wanted: tuple[str, ...], limit: int
) -> None:
    """Declared files and folders from a tar of /output; both names of a hard link are refused.

    Every entry counts against `limit`, declared or not: a sparse file weighs nothing in the
    container but is sent to us in full.
    """
    left = limit
    for member, content in iterate_members(_Joined(chunks), limit=_MAX_OUTPUT_ENTRIES):
        left -= member.size
        if left < 0:
            raise _too_much(f"more than {readable_bytes(limit)}, counting sparse files in full")
        name = posixpath.normpath(member.name).partition("/")[2]
        if not any(_concerns(name, path) for path in wanted):
            continue
        if member.isdir():
            (view.root / name).mkdir(parents=True, exist_ok=True)
        elif member.isreg() and not member.issparse():
            _write_file(view.root / name, cast(IO[bytes], content))
        else:
            view.refused[name] = _words_for(member)
            if member.islnk():
                first = posixpath.normpath(member.linkname).partition("/")[2]
                view.refused[first] = "a hard link"


def _concerns(name: str, path: str) -> bool:
    """Whether an entry is a declared path, a folder on the way to it, or a file right in it."""
    return name == path or path.startswith(f"{name}/") or posixpath.dirname(name) == path


def _too_much(problem: str) -> OutputError:
    return OutputError(
        code="output_too_large",
        message=f"/output holds {problem}.",
        advice="Write only the declared results to /output; /tmp is for everything else.",
    )


def _write_file(path: Path, content: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        shutil.copyfileobj(content, out, MIB)


def _words_for(member: tarfile.TarInfo) -> str:
    if member.issym():
        return "a symbolic link"
    if member.islnk():
        return "a hard link"
    return "a named pipe" if member.isfifo() else "not a plain file"


def _remove_volume(client: docker.DockerClient, name: str) -> None:
    try:
        client.volumes.get(name).remove(force=True)
    except docker.errors.NotFound:
        return


class _Joined:
    """`read` over the engine's chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
