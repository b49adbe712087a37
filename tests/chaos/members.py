"""The parts of a portal that can be struck: each is started, killed, and comes back by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import redis

from config.local import engine_daemon
from config.local.home import REPOSITORY
from config.local.postgres import PostgresServer
from config.local.processes import ProcessRecord, session_members
from config.local.valkey import ValkeyServer

POLL = 0.1


class Program:
    """A program of the portal, kept running as a service manager would."""

    def __init__(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.starts = 0
        self._command, self._env = list(command), {**env, "CHAOS_ROLE": name}
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._sessions: list[int] = []

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll() if self._process else 0

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.starts += 1
        self._sessions.append(self._process.pid)

    def kill(self) -> None:
        """Kill the process itself; its children are left to themselves."""
        kill(self.pid)
        if self._process:
            self._process.wait()

    def kill_orphans(self) -> None:
        """End what dead processes of this program left, as a service manager would."""
        for session in self._sessions:
            if session != self.pid or self.code is not None:
                for pid in self._members(session):
                    kill(pid)

    @property
    def orphans(self) -> list[int]:
        """What its earlier lives left."""
        before = [session for session in self._sessions if session != self.pid]
        return [pid for session in before for pid in self._members(session)]

    @property
    def children(self) -> list[int]:
        return [pid for pid in self._members(self.pid) if pid != self.pid] if self.pid else []

    def stop(self) -> None:
        """Ask, then insist."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert self._process is not None
                self._process.wait(timeout=20)
        for session in self._sessions:
            for pid in self._members(session):
                kill(pid)

    def _members(self, session: int) -> list[int]:
        """Of the processes of a session those with this program's environment.

        On a busy machine the number of a dead session soon is that of somebody else's.
        """
        mark = f"CHAOS_ROLE={self.name}".encode()
        folder = str(self._log.parent.parent).encode()
        return [
            pid
            for pid in session_members(session)
            if mark in (found := _environ(pid)) and any(folder in pair for pair in found)
        ]

    def tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""


def _environ(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(bytes(1))
    except OSError:
        return []


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Database(PostgresServer):
    """Loses nothing when its processes are killed, only when the machine is."""

    def command(self) -> list[str]:
        return [*super().command(), "-c", "fsync=off"]

    def crash(self) -> None:
        """End all its processes at once, without a checkpoint."""
        _end(self.record, signal.SIGQUIT)


class Valkey(ValkeyServer):
    """A broker that forgets everything when it is killed."""

    def crash(self) -> None:
        _end(self.record, signal.SIGKILL)

    def forget(self) -> None:
        """Lose everything that waits, and what nobody acknowledged."""
        with contextlib.closing(self._client()) as client:
            client.flushall()

    def messages(self, queues: Sequence[str]) -> dict[str, int]:
        """What waits in each queue, and what was handed out and never acknowledged."""
        with contextlib.closing(self._client()) as client:
            waiting: dict[str, Any] = {queue: client.llen(queue) for queue in queues}
            return {**waiting, "unacknowledged": client.hlen("unacked")}  # type: ignore[dict-item]

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=5)


def _end(record: ProcessRecord | None, number: signal.Signals) -> None:
    if record is None or not record.alive:
        return
    os.kill(record.pid, number)
    deadline = time.monotonic() + 20
    while record.alive and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(record.pid, os.WNOHANG)
        time.sleep(0.02)


class Engine(Program):
    """A container engine of its own; when it is killed its containers live on without it."""

    def __init__(self, home: Path, *, folder: Path) -> None:
        self.places = engine_daemon.layout(home)
        engine_daemon._prepare(self.places)
        super().__init__(
            "engine",
            engine_daemon._command(self.places),
            env=engine_daemon._environment(),
            folder=folder,
        )

    def end(self) -> None:
        """Stop it for good, with all that it left."""
        pid = self.pid if self.code is None else None
        engine_daemon.stop(self.places, pid=pid)


class Keeper:
    """Starts again, after a moment, whatever has ended of the programs that it keeps."""

    def __init__(self, *, pause: float) -> None:
        self._programs: list[Program] = []
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def keep(self, program: Program) -> None:
        program.start()
        self._programs.append(program)
        if not self._thread.is_alive():
            self._thread.start()

    def forget(self, name: str) -> None:
        """Leave a program alone from now on."""
        self._programs = [program for program in self._programs if program.name != name]

    def stop(self) -> None:
        """Start nothing any more."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        dead: dict[str, float] = {}
        while not self._over.wait(POLL):
            for program in self._programs:
                if program.code is None or (program.name == "supply" and program.code == 0):
                    continue
                since = dead.setdefault(program.name, time.monotonic())
                if time.monotonic() - since >= self._pause:
                    del dead[program.name]
                    program.start()
