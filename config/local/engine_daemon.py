"""Run one private dockerd whose every file and process belongs to one state folder.

Two daemons on one machine fight over the bridge `docker0` (one re-addresses it, or deletes it with
`--bridge=none`). Jobs have no network at all, so the private daemon gets a network namespace of
its own: whatever it does to bridges and firewall rules cannot reach another engine or the host.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EngineError", "Layout", "adopt", "exclusive", "layout", "start", "stop"]

# sun_path holds 107 bytes and a terminator (unix(7)); the longest socket below the run folder is
# exec/libnetwork/<64 hex digits>.sock in some releases.
LONGEST_SOCKET = 107
BELOW_RUN_FOLDER = len("/exec/containerd/containerd-debug.sock.ttrpc")
START_SECONDS = 60
STOP_SECONDS = 20
KILL_SECONDS = 5


class EngineError(Exception):
    """A private engine is impossible here; the message is one sentence for people."""


@dataclass(frozen=True)
class Layout:
    """Where one private engine keeps its data (`root`) and its short-lived files (`run`)."""

    root: Path
    run: Path

    @property
    def docker_host(self) -> str:
        """Address of the socket, as DOCKER_HOST wants it."""
        return f"unix://{self.socket}"

    @property
    def socket(self) -> Path:
        """Where the daemon listens."""
        return self.run / "docker.sock"

    @property
    def pidfile(self) -> Path:
        """The daemon refuses to start while this names a living process."""
        return self.run / "docker.pid"

    @property
    def exec_root(self) -> Path:
        """Containerd's sockets and state, gone with the daemon."""
        return self.run / "exec"

    @property
    def data_root(self) -> Path:
        """Images and containers, kept between starts."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """What the daemon said, over all its starts."""
        return self.root / "dockerd.log"

    @property
    def owner(self) -> Path:
        """Which process is to stop the daemon."""
        return self.root / "owner.json"


def layout(home: Path) -> Layout:
    """Place the engine under `home/engine`, its sockets under /tmp when that path is too long."""
    root = (home / "engine").resolve()
    if len(os.fsencode(root)) + BELOW_RUN_FOLDER <= LONGEST_SOCKET:
        return Layout(root=root, run=root)
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    return Layout(root=root, run=Path("/tmp", f"hounsfield-engine-{digest}"))  # noqa: S108 -- _make_private


@contextmanager
def exclusive(places: Layout) -> Iterator[None]:
    """Let one process at a time look for, start or adopt the engine of this state folder."""
    places.root.mkdir(parents=True, exist_ok=True)
    with (places.root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(places: Layout, *, answers: Callable[[str], bool]) -> int:
    """Start dockerd, wait until it answers and return its pid. Raises EngineError.

    A daemon left behind by a crash that no longer answers is ended first.
    """
    stop(places, pid=_own_daemon(places))
    _prepare(places)
    with places.log.open("ab") as log:
        process = subprocess.Popen(
            _command(places), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, env=_environment(),
        )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not answers(places.docker_host):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(places, pid=process.pid)
            raise EngineError(f"A private container engine did not start: {_last_line(places)}")
        time.sleep(0.1)
    _write_owner(places)
    return process.pid


def adopt(places: Layout) -> int | None:
    """Take over a running engine whose starter died; None when its starter still lives."""
    if _owner_lives(places):
        return None
    _write_owner(places)
    return _own_daemon(places)


def stop(places: Layout, *, pid: int | None) -> None:
    """End this layout's dockerd, containerd, shims and containers, and undo their mounts.

    Containers go first and at once: the worker that ran them has ended, and dockerd would wait ten
    seconds for any that ignores its signal.
    """
    for contained in _contained(places):
        _signal(contained, signal.SIGKILL)
    if pid is not None:
        _signal(pid, signal.SIGTERM)
        if not _wait_gone(pid, seconds=STOP_SECONDS):
            _signal(pid, signal.SIGKILL)
            _wait_gone(pid, seconds=KILL_SECONDS)
    for leftover in _leftovers(places):
        _signal(leftover, signal.SIGKILL)
        _wait_gone(leftover, seconds=KILL_SECONDS)
    _unmount(places)
    places.socket.unlink(missing_ok=True)
    places.pidfile.unlink(missing_ok=True)
    places.owner.unlink(missing_ok=True)
    if places.run != places.root:
        shutil.rmtree(places.run, ignore_errors=True)


def _command(places: Layout) -> list[str]:
    """Private network namespace, no bridge, no firewall rules, and no file of the system's."""
    return [
        "unshare", "--net", "--",
        "dockerd",
        f"--config-file={places.root / 'daemon.json'}",
        f"--data-root={places.data_root}",
        f"--exec-root={places.exec_root}",
        f"--pidfile={places.pidfile}",
        f"--host={places.docker_host}",
        "--group=root",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        "--ip-masq=false",
        "--ip-forward=false",
        "--log-level=warn",
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    """The caller's environment with the system folders, where dockerd finds containerd."""
    path = os.environ.get("PATH", "")
    system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    without = {k: v for k, v in os.environ.items() if not k.startswith(("DOCKER_", "NOTIFY_"))}
    return {**without, "PATH": f"{path}:{system}"}


def _prepare(places: Layout) -> None:
    places.root.mkdir(parents=True, exist_ok=True)
    if places.run != places.root:
        _make_private(places.run)
    (places.root / "daemon.json").write_text("{}\n")
    shutil.rmtree(places.exec_root, ignore_errors=True)


def _make_private(folder: Path) -> None:
    """Create a folder in /tmp that only we can enter; refuse one that somebody else made."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.geteuid():
        raise EngineError(f"{folder} belongs to another user: remove it and start again.")
    folder.chmod(0o700)


def _write_owner(places: Layout) -> None:
    me = os.getpid()
    places.owner.write_text(json.dumps({"pid": me, "started": _started(me)}))


def _owner_lives(places: Layout) -> bool:
    try:
        owner = json.loads(places.owner.read_text())
        pid, started = int(owner["pid"]), owner["started"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return started is not None and _started(pid) == started


def _started(pid: int) -> int | None:
    """Start time of a process in clock ticks since boot (proc(5), field 22): survives pid reuse."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] == "Z" else int(after_name[19])


def _own_daemon(places: Layout) -> int | None:
    """Pid of the dockerd that uses this layout, found by its own arguments."""
    mark = f"--data-root={places.data_root}"
    return next((pid for pid, words in _processes() if mark in words), None)


def _contained(places: Layout) -> list[int]:
    """The processes in our containers: the children of containerd's shims, and theirs."""
    mark = str(places.exec_root / "containerd" / "containerd.sock")
    shims = [pid for pid, words in _processes() if "-address" in words and mark in words]
    return [pid for pid in _family(shims) if pid not in shims]


def _leftovers(places: Layout) -> list[int]:
    """What a dead dockerd leaves: containerd, its shims, and the processes in their containers.

    Containerd and the shims name a path below our exec folder in their arguments.
    """
    mark = f"{places.exec_root}/"
    named = [pid for pid, words in _processes() if any(word.startswith(mark) for word in words)]
    return [pid for pid in _family(named) if pid != os.getpid()]


def _family(roots: list[int]) -> set[int]:
    """Processes with all their descendants."""
    family = set(roots)
    pending = list(roots)
    while pending:
        children = set(_children(pending.pop())) - family
        family |= children
        pending.extend(children)
    return family


def _processes() -> Iterator[tuple[int, list[str]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            yield int(entry.name), [os.fsdecode(word) for word in words if word]


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def _unmount(places: Layout) -> None:
    """Detach file systems a killed daemon left mounted, or the folder could not be removed."""
    ours = (places.data_root, places.exec_root)
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return
    points = [line.split()[4].replace("\\040", " ") for line in lines]
    for point in sorted(points, reverse=True):
        if any(Path(point).is_relative_to(folder) for folder in ours):
            subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _wait_gone(pid: int, *, seconds: float) -> bool:
    """Wait until a process has ended, reaping it when it is our own child."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if _started(pid) is None:
            return True
        time.sleep(0.05)
    return False


def _last_line(places: Layout) -> str:
    """The daemon's last words, for the sentence that people read."""
    try:
        lines = places.log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    said = lines[-1] if lines else "it said nothing"
    return f"{said} (all of it is in {places.log})"
