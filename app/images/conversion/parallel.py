"""Convert groups in several processes, so that each result is what one process would have made.

The processes are forked after the scan: all know the same groups, none reads a header twice. Each
asks for one group after the other; one that dies is replaced and its group named.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from app.images.conversion.model import Group

Convert = Callable[[list[Group]], bytes]
"""Converts groups that share files, and returns what is to be told of them."""
_FORK = multiprocessing.get_context("fork")


class Observer(Protocol):
    """Who is told, in one process, what happens to the runs of groups, by their index."""

    def started(self, indices: Sequence[int]) -> None:
        """Hear which are in work now."""

    def finished(self, index: int, output: bytes) -> None:
        """Take what `convert` returned for one."""

    def died(self, index: int, returncode: int) -> None:
        """Hear that the process that worked on one ended; negative: by that signal."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    index: int | None = None


def convert_all(
    runs: Sequence[list[Group]],
    *,
    jobs: int,
    convert: Convert,
    prepare: Callable[[], None],
    observer: Observer,
) -> None:
    """Have `convert` called for every run of groups by `jobs` processes that ran `prepare`.

    Must be called while no other thread runs: a forked process has only the one.
    """
    waiting = iter(range(len(runs)))
    workers = [_start(runs, convert, prepare) for _ in range(min(jobs, len(runs)))]
    try:
        for worker in workers:
            _give(worker, waiting)
        while busy := [worker for worker in workers if worker.index is not None]:
            observer.started([worker.index for worker in busy if worker.index is not None])
            for ready in wait([worker.connection for worker in busy]):
                worker = next(worker for worker in busy if worker.connection is ready)
                if not _take(worker, observer):
                    _end(worker)
                    workers[workers.index(worker)] = worker = _start(runs, convert, prepare)
                _give(worker, waiting)
    finally:
        for worker in workers:
            _end(worker)


def _start(runs: Sequence[list[Group]], convert: Convert, prepare: Callable[[], None]) -> _Worker:
    ours, theirs = _FORK.Pipe()
    process = _FORK.Process(target=_work, args=(runs, theirs, convert, prepare), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(
    runs: Sequence[list[Group]],
    connection: Connection,
    convert: Convert,
    prepare: Callable[[], None],
) -> None:
    prepare()
    while (index := int.from_bytes(connection.recv_bytes(8), "little", signed=True)) >= 0:
        connection.send_bytes(convert(runs[index]))


def _give(worker: _Worker, waiting: Iterator[int]) -> None:
    """Hand out the next group; -1 tells a worker to go."""
    worker.index = next(waiting, None)
    try:
        wanted = -1 if worker.index is None else worker.index
        worker.connection.send_bytes(wanted.to_bytes(8, "little", signed=True))
    except OSError:  # it died in between, which reading from it will tell
        pass


def _take(worker: _Worker, observer: Observer) -> bool:
    """Pass on the worker's answer, or the news of its death; tell whether it lives."""
    index, worker.index = worker.index, None
    assert index is not None  # noqa: S101 (only busy workers are waited for)
    try:
        output = worker.connection.recv_bytes()
    except (EOFError, OSError):
        worker.process.join()
        observer.died(index, worker.process.exitcode or 0)
        return False
    observer.finished(index, output)
    return True


def _end(worker: _Worker) -> None:
    worker.connection.close()
    if worker.index is not None:
        worker.process.kill()
    worker.process.join()
