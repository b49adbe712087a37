"""Processes known by pid and start time, so that a crash leaves nothing that cannot be found.

A pid alone may be another program's by the time it is read back; together with the start time
and the machine's boot it names one process for ever. Nothing is ever found by its name.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from config.local.home import write_private

LOG_LIMIT = 10 * 2**20
POLL = 0.05


@dataclass(frozen=True)
class ProcessRecord:
    """One process: `started` is in clock ticks since the boot named by `boot` (proc(5))."""

    name: str
    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int, *, name: str) -> "ProcessRecord":
        """Record a living process."""
        return cls(name=name, pid=pid, started=_start_ticks(pid) or 0, boot=_boot())

    @property
    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return self.boot == _boot() and self.started == _start_ticks(self.pid)

    def write(self, folder: Path) -> None:
        """Keep the record as `<folder>/<name>.json`."""
        write_private(folder / f"{self.name}.json", json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "ProcessRecord | None":
        """Return the record kept in a file, None when there is none or it is damaged."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/<pid>/stat from the third (state) on, None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def _start_ticks(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else None


def session_members(session: int) -> list[int]:
    """Return the living processes of a session."""
    members = []
    for entry in Path("/proc").iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else None
        if fields and fields[0] not in "ZX" and int(fields[3]) == session:
            members.append(int(entry.name))
    return members


def spawn(
    command: Sequence[str | Path], *, env: Mapping[str, str], log: Path, cwd: Path
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own (Ctrl-C does not reach it), output to its log."""
    turn_over(log)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def turn_over(log: Path) -> None:
    """Put a log that has grown large aside, as `<name>.log.1`."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))


def stop(
    record: ProcessRecord,
    *,
    with_signal: signal.Signals = signal.SIGTERM,
    patience: float = 8.0,
    popen: "subprocess.Popen[bytes] | None" = None,
) -> None:
    """End a process and its session: ask, wait up to `patience` seconds, then insist."""
    if record.alive:
        os.kill(record.pid, with_signal)
    finish(record, popen=popen, patience=patience)


def finish(
    record: ProcessRecord, *, popen: "subprocess.Popen[bytes] | None", patience: float
) -> None:
    """Wait up to `patience` seconds for a process that was asked to end, then kill its session."""
    _wait(record, popen=popen, patience=patience)
    _kill_session(record)
    _wait(record, popen=popen, patience=5.0)


def _wait(
    record: ProcessRecord, *, popen: "subprocess.Popen[bytes] | None", patience: float
) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if popen is not None:
            popen.poll()
        if not record.alive:
            return
        time.sleep(POLL)


def _kill_session(record: ProcessRecord) -> None:
    """Kill what is left of the process's session.

    While members live, the kernel gives their session's number to nobody else, so a number that
    now belongs to another process means that the session has ended.
    """
    leader_is_another = not record.alive and _start_ticks(record.pid) is not None
    if record.boot != _boot() or leader_is_another:
        return
    for pid in session_members(record.pid):
        if pid != os.getpid():
            _kill(pid)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
