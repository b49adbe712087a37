"""What a killed worker or engine leaves on its machine besides containers and volumes.

Folders, loop devices, and shims (with the container's own processes) that the engine has forgotten:
seen with gVisor, and after an engine was killed. Only what demonstrably belongs to a folder of ours
is touched; whatever else runs on the machine is somebody else's.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.execution.executors.loop import devices_below

PROBE = "probe-"
_OLD_PROBE = 60.0  # seconds; one takes a moment, so an older one is that of a killed worker
_SHIMS = ("containerd-shim",)


def names_in(work_folder: Path, *, lock_suffix: str) -> set[str]:
    """Return the names of runs that have a folder or a lock in a work folder."""
    if not work_folder.exists():
        return set()
    kept = (path for path in work_folder.iterdir() if _may_be_a_run(path, lock_suffix))
    return {path.stem for path in kept}


def _may_be_a_run(path: Path, lock_suffix: str) -> bool:
    """Not a probe under way, whose maker removes it; one that was cut off counts after a while."""
    is_folder = path.is_dir()
    if path.name.startswith(PROBE):
        return not is_probe(path)
    return is_folder or path.suffix == lock_suffix


def is_probe(path: Path) -> bool:
    """Tell whether a folder is that of a probe under way: named so, and not old."""
    try:
        age = time.time() - path.stat().st_mtime
    except OSError:
        return False
    return path.name.startswith(PROBE) and age < _OLD_PROBE


def traces_below(work_folder: Path) -> set[str]:
    """Return the names of runs that the kernel knows of: loop devices, and shims' containers."""
    devices = devices_below(work_folder)
    found = {file.relative_to(work_folder).parts[0] for _, file in devices}
    return found.union(*(shim.run_ids for shim in shims_below(work_folder)))


@dataclass(frozen=True)
class Shim:
    """A process that keeps one container, and the runs whose folders that container has."""

    pid: int
    container_id: str
    run_ids: frozenset[str]


def shims_below(folder: Path) -> Iterator[Shim]:
    """Yield the shims whose containers have folders of runs below ``folder`` mounted.

    A shim works in its container's bundle, whose configuration names every mount. Shims of other
    accounts, and those in a machine that we cannot look into, are not seen.
    """
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if not Path(os.fsdecode(words[0])).name.startswith(_SHIMS) or b"-id" not in words:
                continue
            container_id = os.fsdecode(words[words.index(b"-id") + 1])
            config = json.loads((entry / "cwd" / "config.json").read_bytes())
        except (OSError, ValueError, IndexError):
            continue
        if run_ids := _runs_in(config, folder):
            yield Shim(int(entry.name), container_id, run_ids)


def _runs_in(config: object, folder: Path) -> frozenset[str]:
    mounts = config.get("mounts") if isinstance(config, dict) else None
    found = set()
    for mount in mounts or ():
        source = Path(str(mount.get("source", "")))
        if source.is_absolute() and folder in source.parents:
            found.add(source.relative_to(folder).parts[0])
    return frozenset(found)


def end_shims(folder: Path) -> None:
    """Kill the shims of a run, with all processes of its container.

    Whatever supervises them (containerd) clears up after them.
    """
    for shim in shims_below(folder.parent):
        if folder.name in shim.run_ids:
            for pid in (*_family(shim.pid), shim.pid):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)


def _family(pid: int) -> list[int]:
    """All descendants of a process, the youngest first."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            children += [int(child) for child in task.read_text().split()]
    return [one for child in children for one in (*_family(child), child)]
