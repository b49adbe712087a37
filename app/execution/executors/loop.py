"""Size-capped file systems in sparse files: ext4 on a loop device.

Costs milliseconds and only the disk space that is written. The device, not a mount, is handed to
the engine, so engine and worker need to share a kernel but no mount namespace. Needs root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.execution.contract.limits import MIB
from app.execution.executors.base import PlatformFault

_TOOLS = ("mkfs.ext4", "losetup", "debugfs", "mount", "umount")
_SEARCH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_SMALLEST = 1 * MIB


def loop_is_possible() -> bool:
    """Whether this process has the tools and the rights; the device itself is tried later."""
    tools = all(shutil.which(tool, path=_SEARCH) for tool in _TOOLS)
    return os.geteuid() == 0 and tools and Path("/dev/loop-control").exists()


class LoopDisk:
    """One ext4 file system of a fixed size, owned by the container's user, without lost+found."""

    def __init__(self, path: Path, *, size: int, uid: int, gid: int) -> None:
        self.path = path
        self.device = ""
        with path.open("wb") as file:
            file.truncate(max(size, _SMALLEST))
        _run(
            "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal",
            "-E", f"root_owner={uid}:{gid},nodiscard", str(path),
        )  # fmt: skip
        _run("debugfs", "-w", "-R", "rmdir lost+found", str(path))
        self.device = _run("losetup", "--find", "--show", str(path)).strip()

    @contextmanager
    def mounted(self, folder: Path, *, deadline: float = 5.0) -> Iterator[Path]:
        """Read-only view for the worker. The engine may hold the device for a moment longer."""
        folder.mkdir(exist_ok=True)
        give_up = time.monotonic() + deadline
        while True:
            try:
                options = "ro,nosuid,nodev,noexec"
                _run("mount", "-t", "ext4", "-o", options, self.device, str(folder))
                break
            except PlatformFault:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)
        try:
            yield folder
        finally:
            _run("umount", str(folder))

    def destroy(self) -> None:
        """Free the device and delete the file."""
        if self.device:
            _run("losetup", "--detach", self.device)
            self.device = ""
        self.path.unlink(missing_ok=True)


def detach_all_below(folder: Path) -> None:
    """Free loop devices whose file lies in `folder`, for runs whose worker died."""
    listing = _run("losetup", "--list", "--noheadings", "--raw", "--output", "NAME,BACK-FILE")
    for line in listing.splitlines():
        device, _, backing = line.partition(" ")
        if backing.startswith(f"{folder}/"):
            _run("losetup", "--detach", device)


def _run(tool: str, *arguments: str) -> str:
    program = shutil.which(tool, path=_SEARCH) or tool
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise PlatformFault(
            f"{tool} failed on the worker: {done.stderr.strip()[:300]}",
            advice="Ask the administrator to look at the worker.",
        )
    return done.stdout
