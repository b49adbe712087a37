"""Size-capped file systems in sparse files: ext4 on a loop device.

Costs a millisecond or two and only the disk space that is written: an empty file system of each
size is made once and kept in memory, devices and mounts are asked of the kernel directly. The
device, not a mount, is handed to the engine, so engine and worker need to share a kernel but no
mount namespace. Needs root.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from app.execution.contract.limits import MIB
from app.execution.executors.base import PlatformFault

_TOOLS = ("mkfs.ext4", "debugfs")
_SEARCH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_SMALLEST = 1 * MIB
_CONTROL = Path("/dev/loop-control")
# linux/loop.h
_LOOP_SET_FD, _LOOP_CLR_FD, _LOOP_CTL_GET_FREE = 0x4C00, 0x4C01, 0x4C82
_TRIES = 50
# linux/mount.h: read-only, nosuid, nodev, noexec
_VIEW_ONLY = 1 | 2 | 4 | 8
_MNT_DETACH = 2  # out of sight at once, gone when nobody reads it any more
_RETRY_SECONDS = 0.005
_Pieces = tuple[tuple[int, bytes], ...]


def loop_is_possible() -> bool:
    """Whether this process has the tools and the rights; the device itself is tried later."""
    tools = all(shutil.which(tool, path=_SEARCH) for tool in _TOOLS)
    return os.geteuid() == 0 and tools and _CONTROL.exists()


class LoopDisk:
    """One ext4 file system of a fixed size, owned by the container's user, without lost+found."""

    def __init__(self, path: Path, *, size: int, uid: int, gid: int) -> None:
        self.path = path
        self.device = ""
        size = max(size, _SMALLEST)
        with path.open("wb") as file:
            file.truncate(size)
            for offset, content in _empty_file_system(size, uid, gid):
                os.pwrite(file.fileno(), content, offset)
        self.device = _attach(path)

    @contextmanager
    def mounted(self, folder: Path, *, deadline: float = 5.0) -> Iterator[Path]:
        """Read-only view for the worker. The engine may hold the device for a moment longer."""
        folder.mkdir(exist_ok=True)
        give_up = time.monotonic() + deadline
        while (error := _mount(self.device, folder)) != 0:
            if time.monotonic() > give_up:
                raise _fault("mount", os.strerror(error))
            time.sleep(_RETRY_SECONDS)
        try:
            yield folder
        finally:
            if error := _unmount(folder):
                raise _fault("umount", os.strerror(error))

    def destroy(self) -> None:
        """Free the device, unless it stands for another file by now, and delete the file."""
        if self.device and _file_behind(self.device) == self.path.resolve():
            _detach(self.device)
        self.device = ""
        self.path.unlink(missing_ok=True)


def detach_all_below(folder: Path) -> None:
    """Unmount what is mounted in `folder` and free its loop devices: the worker died."""
    for point in _mounted_below(folder):
        _unmount(point, flags=_MNT_DETACH)
    for device, _ in devices_below(folder):
        _detach(device)


def devices_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (device, its file) of loop devices whose file lies, or lay, in `folder`."""
    for found in Path("/sys/block").glob("loop*"):
        backing = _file_behind(f"/dev/{found.name}")
        if backing is not None and backing.is_relative_to(folder):
            yield f"/dev/{found.name}", backing


def _file_behind(device: str) -> Path | None:
    """Return the file that a loop device stands for, also when that has no name any more."""
    try:
        found = Path("/sys/block", Path(device).name, "loop", "backing_file").read_text()
    except OSError:
        return None  # it is free
    return Path(found.rstrip("\n").removesuffix(" (deleted)"))


def _mounted_below(folder: Path) -> Iterator[Path]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    for line in lines:
        point = line.split()[4].replace("\\040", " ")
        if point.startswith(f"{folder}/"):
            yield Path(point)


@lru_cache(maxsize=8)
def _empty_file_system(size: int, uid: int, gid: int) -> _Pieces:
    """Where an empty file system of this size is not zero: kilobytes to a few megabytes."""
    with tempfile.TemporaryFile() as file:  # it has no name, so no crash can leave it behind
        file.truncate(size)
        inherited = file.fileno()
        path = f"/proc/self/fd/{inherited}"
        _run(
            "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal,^resize_inode",
            "-E", f"root_owner={uid}:{gid},nodiscard", path, inherited=inherited,
        )  # fmt: skip
        _run("debugfs", "-w", "-R", "rmdir lost+found", path, inherited=inherited)
        return tuple(_pieces(Path(path)))


def _pieces(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        end, position = file.seek(0, os.SEEK_END), 0
        while position < end:
            try:
                start = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError:
                return  # nothing but a hole is left
            position = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            yield start, os.pread(file.fileno(), position - start, start)


def _attach(path: Path) -> str:
    """Return a free loop device that now stands for the file; others may take one meanwhile."""
    try:
        with path.open("r+b") as file, _CONTROL.open("rb") as control:
            for _ in range(_TRIES):
                device = f"/dev/loop{fcntl.ioctl(control, _LOOP_CTL_GET_FREE)}"
                with open(device, "r+b", buffering=0) as opened:
                    try:
                        fcntl.ioctl(opened, _LOOP_SET_FD, file.fileno())
                    except OSError as error:
                        if error.errno != errno.EBUSY:
                            raise
                        continue
                    return device
    except OSError as error:
        raise _fault("losetup", str(error)) from error
    raise _fault("losetup", "no free loop device was found")


def _detach(device: str) -> None:
    """Free a device; one that is still mounted somewhere is freed by the kernel after that."""
    try:
        with open(device, "rb", buffering=0) as opened:
            fcntl.ioctl(opened, _LOOP_CLR_FD)
    except OSError as error:
        if error.errno != errno.ENXIO:  # it was free already
            raise _fault("losetup", str(error)) from error


def _mount(device: str, folder: Path) -> int:
    arguments = (device.encode(), os.fsencode(folder), b"ext4", _VIEW_ONLY, None)
    return ctypes.get_errno() if _libc().mount(*arguments) else 0


def _unmount(folder: Path, *, flags: int = 0) -> int:
    return ctypes.get_errno() if _libc().umount2(os.fsencode(folder), flags) else 0


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    text = ctypes.c_char_p
    libc.mount.argtypes = (text, text, text, ctypes.c_ulong, ctypes.c_void_p)
    libc.umount2.argtypes = (text, ctypes.c_int)
    return libc


def _run(tool: str, *arguments: str, inherited: int) -> None:
    program = shutil.which(tool, path=_SEARCH) or tool
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        pass_fds=[inherited],
    )
    if done.returncode != 0:
        raise _fault(tool, done.stderr.strip())


def _fault(what: str, said: str) -> PlatformFault:
    return PlatformFault(
        f"{what} failed on the worker: {said[:300]}",
        advice="Ask the administrator to look at the worker.",
    )
