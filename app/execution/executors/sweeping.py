"""Emptying the folders of a frozen container between two cases.

What lay there when the container became ready is its own (caches, sockets of its helpers) and
stays as long as nobody touched it; the kernel tells by the time of the last change, which no
program without rights can set. Everything else goes. Nothing is followed out of the folder, and
neither depth nor names of what a case left matter.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
import uuid
from dataclasses import dataclass, field

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_KEPT = 20_000
_MOST_REMOVED = 100_000
_DEEPEST_KEPT = 32
_CLOCK_TICK_NS = 20_000_000
"""File systems tell times of change by a coarse clock: what changes later has a later time."""
_HELD_SHARE = 4


class Unswept(Exception):
    """The folder cannot be brought back to what it was; the container has to go."""


@dataclass
class Sweeper:
    """One folder of a container, by an open descriptor. Made when the container is ready.

    `_kept` has the time of change of files, and None for folders, by inode.
    """

    folder: int
    _kept: dict[int, int | None] = field(default_factory=dict)
    _left: int = _MOST_REMOVED

    def __post_init__(self) -> None:
        """Remember what is there; raises `Unswept` when that is too much."""
        self._used_at_first = _used(self.folder)
        self._remember(self.folder, depth=0)
        newest = max((changed for changed in self._kept.values() if changed), default=0)
        if (age := time.time_ns() - newest) < _CLOCK_TICK_NS:
            time.sleep((_CLOCK_TICK_NS - max(age, 0)) / 1e9)

    def sweep(self) -> None:
        """Remove what came since; raises `Unswept` when something stays.

        Space that is still taken afterwards belongs to files that are open though deleted.
        """
        self._left = _MOST_REMOVED
        try:
            self._clear(self.folder)
        except OSError as error:
            raise Unswept(f"A file could not be removed ({error}).") from error
        blocks, files = _used(self.folder)
        total = os.statvfs(self.folder)
        if (blocks - self._used_at_first[0]) * _HELD_SHARE > total.f_blocks or (
            (files - self._used_at_first[1]) * _HELD_SHARE > max(total.f_files, 1)
        ):
            raise Unswept("Deleted files are kept open and take the room of the next case.")

    def _remember(self, folder: int, *, depth: int) -> None:
        if depth > _DEEPEST_KEPT or len(self._kept) > _MOST_KEPT:
            raise Unswept("The container has too many files of its own in a folder.")
        for name, found in _entries(folder):
            if not stat.S_ISDIR(found.st_mode):
                self._kept[found.st_ino] = found.st_ctime_ns
                continue
            self._kept[found.st_ino] = None
            inner = os.open(name, _FOLDER, dir_fd=folder)
            try:
                self._remember(inner, depth=depth + 1)
            finally:
                os.close(inner)

    def _clear(self, folder: int) -> None:
        for name, found in _entries(folder):
            kept = self._kept.get(found.st_ino, 0)
            if stat.S_ISDIR(found.st_mode):
                if kept is not None:
                    self._remove_tree(folder, name)
                    continue
                inner = os.open(name, _FOLDER, dir_fd=folder)
                try:
                    self._clear(inner)
                finally:
                    os.close(inner)
            elif kept != found.st_ctime_ns:
                self._remove(folder, name)

    def _remove_tree(self, folder: int, name: str) -> None:
        """Flatten it: folders move up to the top and go one by one, so depth costs nothing."""
        waiting = [self._move_up(folder, name)]
        while waiting:
            current = waiting.pop()
            inner = os.open(current, _FOLDER, dir_fd=self.folder)
            try:
                for deeper, found in _entries(inner):
                    if stat.S_ISDIR(found.st_mode):
                        waiting.append(self._move_up(inner, deeper))
                    else:
                        self._remove(inner, deeper)
            finally:
                os.close(inner)
            os.rmdir(current, dir_fd=self.folder)

    def _move_up(self, folder: int, name: str) -> str:
        self._count()
        up = f".removed-{uuid.uuid4().hex}"
        os.rename(name, up, src_dir_fd=folder, dst_dir_fd=self.folder)
        return up

    def _remove(self, folder: int, name: str) -> None:
        self._count()
        os.unlink(name, dir_fd=folder)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Unswept("The case left too many files.")


def _entries(folder: int) -> list[tuple[str, os.stat_result]]:
    """Names and kinds, read whole before anything is removed."""
    with os.scandir(folder) as found:
        listed = []
        for entry in found:
            with contextlib.suppress(FileNotFoundError):  # gone already, before it was frozen
                listed.append((entry.name, entry.stat(follow_symlinks=False)))
            if len(listed) > _MOST_REMOVED + _MOST_KEPT:
                raise Unswept("The case left too many files.")
        return listed


def _used(folder: int) -> tuple[int, int]:
    found = os.statvfs(folder)
    return found.f_blocks - found.f_bfree, found.f_files - found.f_ffree
