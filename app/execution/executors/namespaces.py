"""Reaching into a running container from outside: its network, its folders.

A container that stays up has no network but its own loopback interface. A thread that enters its
network namespace for a moment may open a socket there, and the socket stays good outside. Its
folders are opened by way of its root directory, step by step and never through a link: a link of
the image would lead to the worker's own files.

Needs root on the engine's own machine. Everything goes through one open directory of /proc, which
stands for that process and for no later one with the same number.
"""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TypeVar

from app.execution.contract.serving import HOST, PORT

Result = TypeVar("Result")
_CLONE_NEWNET = 0x40000000  # linux/sched.h
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CONNECT_SECONDS = 2.0
_CGROUPS_BYTES = 64 * 1024


class NotReachable(Exception):
    """This worker does not see the container's process, or may not enter what it has."""


class InsideContainer:
    """An open door into one container, found by the process id that its engine tells."""

    def __init__(self, pid: int, *, container_id: str) -> None:
        self._opened: list[int] = []
        try:
            process = self._keep(os.open(f"/proc/{pid}", _FOLDER))
            if container_id not in _read(process, "cgroup"):
                raise NotReachable("The process does not belong to the container.")
            self._process = process
            self._network = self._keep(os.open("ns/net", os.O_RDONLY, dir_fd=process))
            if os.fstat(self._network).st_ino == os.stat("/proc/self/ns/net").st_ino:
                raise NotReachable("The container has no network of its own.")
            self._root = self._keep(os.open("root", _FOLDER, dir_fd=process))
            self._inside(lambda: None)
        except (OSError, NotReachable) as error:
            self.close()
            raise NotReachable(str(error)) from error

    def connect(self) -> socket.socket:
        """Return a connection to the container's port; an OSError when nobody listens."""
        return self._inside(lambda: socket.create_connection((HOST, PORT), _CONNECT_SECONDS))

    def _inside(self, work: Callable[[], Result]) -> Result:
        """Do something in the container's network, in a thread whose namespace ends with it."""
        found: list[Result | OSError] = []

        def enter() -> None:
            try:
                if _libc().setns(self._network, _CLONE_NEWNET) != 0:
                    code = ctypes.get_errno()
                    raise OSError(code, os.strerror(code))
                found.append(work())
            except OSError as error:
                found.append(error)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        (outcome,) = found
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    def open_folder(self, path: str) -> int:
        """Return a descriptor of a folder as the container sees it; closed by `close`.

        Raises
        ------
        NotReachable
            When it is not there, or a link is on the way.
        """
        current = os.dup(self._root)
        try:
            for part in PurePosixPath(path).parts[1:]:
                deeper = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=current)
                os.close(current)
                current = deeper
        except OSError as error:
            os.close(current)
            raise NotReachable(f"{path} of the container cannot be opened ({error}).") from error
        return self._keep(current)

    def write_to_log(self, mark: bytes) -> bool:
        """Write behind what the first process of a frozen container wrote; False if one cannot."""
        try:
            for number in (1, 2):
                path = f"fd/{number}"
                if not stat.S_ISFIFO(os.stat(path, dir_fd=self._process).st_mode):
                    return False
                flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
                descriptor = os.open(path, flags, dir_fd=self._process)
                try:
                    os.write(descriptor, mark)
                finally:
                    os.close(descriptor)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go of everything; the container's disks are free only then."""
        while self._opened:
            os.close(self._opened.pop())

    def _keep(self, descriptor: int) -> int:
        self._opened.append(descriptor)
        return descriptor


def _read(folder: int, name: str) -> str:
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    try:
        return os.read(descriptor, _CGROUPS_BYTES).decode(errors="replace")
    finally:
        os.close(descriptor)


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.setns.argtypes = (ctypes.c_int, ctypes.c_int)
    return libc
