"""What a container uses, from the statistics that an engine streams about once a second."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import docker

logger = logging.getLogger(__name__)
_FIRST_AFTER = 0.5  # seconds; a container that is gone sooner costs nothing


@dataclass(frozen=True, kw_only=True)
class UsageSample:
    """At ``seconds`` after the start: the used part (0 to 1) of its processors, and memory.

    Processors are the mean since the sample before. Memory is without the file cache that the
    kernel gives back when asked.
    """

    seconds: float
    cpu: float
    memory: int


class UsageMeter:
    """Follows one container in a thread of its own, until it is told that the run is done.

    Of one that has run before, the first figures only tell what it used until then.
    """

    def __init__(
        self,
        container_id: str,
        *,
        cpus: float,
        new_client: Callable[[], docker.DockerClient],
        is_new: bool = True,
    ) -> None:
        self._id = container_id
        self._cpus = cpus
        self._new_client = new_client
        self._samples: deque[UsageSample] = deque()
        self._last: tuple[float, int] | None = (0.0, 0) if is_new else None
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self, done: threading.Event) -> None:
        """Follow the container from now on, until ``done`` is set."""
        self._done = done
        self._started = time.monotonic()
        self._thread.start()

    def take(self) -> list[UsageSample]:
        """Return the samples since the last call."""
        return [self._samples.popleft() for _ in range(len(self._samples))]

    def join(self, timeout: float) -> None:
        """Wait for the thread; the stream of a removed container ends by itself."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _follow(self) -> None:
        if self._done.wait(_FIRST_AFTER):
            return
        client = self._new_client()
        try:
            stream: Any = client.api.stats(self._id, decode=True, stream=True)
            with contextlib.closing(stream):
                for found in stream:
                    if self._done.is_set():
                        return
                    self._note(found)
        except Exception as error:  # noqa: BLE001 - a curve is no reason to end a run
            logger.info("The statistics of %s ended early: %s", self._id[:12], error)
        finally:
            client.close()

    def _note(self, found: dict[str, Any]) -> None:
        """Add a sample; what an engine says of a container that has just ended is empty."""
        used = int((found.get("cpu_stats") or {}).get("cpu_usage", {}).get("total_usage") or 0)
        memory = memory_of(found.get("memory_stats") or {})
        seconds = time.monotonic() - self._started
        if not used or memory is None:
            return
        before, spent = self._last or (seconds, used)
        self._last = (seconds, used)
        if seconds <= before:
            return
        cpus = min(self._cpus, (found.get("cpu_stats") or {}).get("online_cpus") or self._cpus)
        fraction = (used - spent) / 1e9 / (seconds - before) / cpus
        self._samples.append(
            UsageSample(
                seconds=round(seconds, 2),
                cpu=round(min(max(fraction, 0.0), 1.0), 3),
                memory=memory,
            )
        )


def memory_of(stats: dict[str, Any]) -> int | None:
    """Return the bytes in use without idle file cache, under either version of cgroups."""
    usage = stats.get("usage")
    if usage is None:
        return None
    details = stats.get("stats") or {}
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return max(int(usage) - int(cache), 0)
