"""What a container has logged, taken as it is written and cut at a limit."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from app.execution.contract import ExitFacts
from app.execution.contract.limits import KIB
from app.execution.contract.reasons import StoppedBy

Stream = Literal["stdout", "stderr"]
_TAIL = 64 * KIB


@dataclass(frozen=True, kw_only=True)
class LogChunk:
    """A piece of one of the container's two streams, as it arrived."""

    stream: Stream
    at: datetime
    content: bytes


class LogAccount:
    """The log of one run, or of one case of a container that stays up. Any thread may use it.

    `is_full` says that something did not fit.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._pending: deque[LogChunk] = deque()
        self._tails = {"stdout": b"", "stderr": b"", "all": b""}
        self._digest = hashlib.sha256()
        self._size = 0
        self.is_full = False

    @property
    def size(self) -> int:
        """Return the number of bytes that were kept."""
        return self._size

    @property
    def sha256(self) -> str:
        """Return the digest of all that was kept, in hex."""
        with self._lock:
            return self._digest.hexdigest()

    def keep(self, stream: Stream, content: bytes) -> bool:
        """Add to the log; False once it is full."""
        with self._lock:
            kept = content[: self._limit - self._size]
            self._size += len(kept)
            self._digest.update(kept)
            for tail in (stream, "all"):
                self._tails[tail] = (self._tails[tail] + kept)[-_TAIL:]
            if kept:
                self._pending.append(LogChunk(stream=stream, at=datetime.now(UTC), content=kept))
            self.is_full = self.is_full or len(kept) < len(content)
            return not self.is_full

    def take(self) -> list[LogChunk]:
        """Return what was kept since the last call."""
        with self._lock:
            chunks = list(self._pending)
            self._pending.clear()
            return chunks

    def facts(self, *, exit_code: int, oom_killed: bool, stopped_by: StoppedBy) -> ExitFacts:
        """Return how a container ended, with the ends of its log."""
        with self._lock:
            return ExitFacts(
                exit_code=exit_code,
                oom_killed=oom_killed,
                stopped_by=stopped_by,
                log=self._tails["all"].decode("utf-8", "replace"),
                stderr=self._tails["stderr"].decode("utf-8", "replace"),
            )


class LogTap:
    """Passes a container's log on to one account after the other.

    What a program wrote arrives a little later. So whoever changes the account first has marks
    written behind it, one into each stream, and waits until these came through; the marks
    themselves are in no log.
    """

    def __init__(self, account: LogAccount) -> None:
        self.account = account
        self._lock = threading.Lock()
        self._marks: dict[Stream, bytes] = {}
        self._held: dict[Stream, bytes] = {}
        self._passed = threading.Event()

    def take_in(self, stream: Stream, content: bytes) -> bool:
        """Take what the engine sent; False once the account is full."""
        with self._lock:
            mark = self._marks.get(stream)
            if mark is None:
                return self.account.keep(stream, content)
            content = self._held.pop(stream, b"") + content
            before, found, after = content.partition(mark)
            if found:
                del self._marks[stream]
                if not self._marks:
                    self._passed.set()
                return self.account.keep(stream, before + after)
            might_begin = content[1 - len(mark) :]
            self._held[stream] = might_begin
            return self.account.keep(stream, content[: len(content) - len(might_begin)])

    def expect(self, mark: bytes) -> None:
        """Look out for a mark, at the end of what is written until now in both streams."""
        with self._lock:
            self._passed.clear()
            self._marks = {"stdout": mark, "stderr": mark}

    def wait(self, timeout: float) -> bool:
        """Tell whether the marks came through; those that did not are not waited for any more."""
        if self._passed.wait(timeout):
            return True
        with self._lock:
            self._marks = {}
            for stream, content in self._held.items():
                self.account.keep(stream, content)
            self._held = {}
            return False
