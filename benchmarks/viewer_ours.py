"""Visits of our viewer: how soon pictures are there on opening, on a jump and while scrolling."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from benchmarks.line import Line
from benchmarks.viewer_browser import Chromium, Visit
from benchmarks.viewer_portal import WebServer

STEPS_PER_SECOND = 10
FAR = 20
"""A jump goes at least so far from what is on the screen: nothing there was asked for yet."""
FULL_LEVEL = 5


@dataclass(frozen=True)
class Ours:
    """The viewer on one server, reached by loopback or over a line."""

    chromium: Chromium
    server: WebServer
    image: UUID
    slices: int
    line: Line | None = None

    @property
    def url(self) -> str:
        """The address of the viewer's page."""
        port = self.line.port if self.line else self.server.port
        return f"http://127.0.0.1:{port}/view/image/{self.image}/"

    def warm(self) -> None:
        """Visit once, for the browser's caches."""
        with self.chromium.visit(self.url) as visit:
            visit.ask("opened")

    def open(self) -> dict[str, Any]:
        """Open the image and wait for all of it."""
        cpu, carried = self.server.cpu(), self._carried()
        with self.chromium.visit(self.url) as visit:
            found: dict[str, Any] = visit.ask("opened") | visit.ask("everything", self.slices)
        cost = self.server.since(cpu)
        found |= {"server_cpu_seconds": cost.cpu_seconds, "server_rss_mb": cost.rss_mb}
        found["all_from_first_want"] = round(found["allDecoded"] - found["firstWant"], 1)
        if self.line:
            found["bytes_on_the_line"] = self._carried() - carried
        return found

    def walk(self, *, seed: int, jumps: int, steps: int) -> dict[str, Any]:
        """Jump to slices far away, then scroll at a steady pace, all while the rest comes."""
        with self.chromium.visit(self.url) as visit:
            opened = visit.ask("opened")
            far = [self._jump(visit, target) for target in far_targets(self.slices, seed, jumps)]
            scrolled = visit.ask("scroll", steps, STEPS_PER_SECOND)
        return {"firstFull": opened["firstFull"], **jump_times(far), **scroll_times(scrolled)}

    def digests(self) -> Counter[str]:
        """Return the SHA-256 of all slices as the browser decoded them."""
        with self.chromium.visit(self.url, keepPixels=True) as visit:
            visit.ask("opened")
            visit.ask("everything", self.slices)
            return Counter(visit.ask("digests"))

    def _jump(self, visit: Visit, target: int) -> dict[str, Any]:
        found: dict[str, Any] = visit.ask("jump", target, FULL_LEVEL)
        return found

    def _carried(self) -> int:
        return self.line.carried()["down"] if self.line else 0


def far_targets(slices: int, seed: int, count: int) -> Sequence[int]:
    """Return slices that are far from the middle and from each other, in random order."""
    lanes = range(slices // 8, slices - 2 * FAR, FAR)
    far = [number for number in lanes if abs(number - slices // 2) > FAR]
    return random.Random(seed).sample(far, min(count, len(far)))


def jump_times(jumps: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """Return the times of jumps; of arrivals only those of slices that were not held in full."""
    waited = [one for one in jumps if one["before"] < FULL_LEVEL]
    return {
        "jump_first_byte_ms": [one["arrivedFirst"] for one in waited if "arrivedFirst" in one],
        "jump_arrived_full_ms": [one["arrivedFull"] for one in waited if "arrivedFull" in one],
        "jump_drawn_preview_ms": [one["drawnPreview"] for one in jumps],
        "jump_drawn_full_ms": [one["drawnFull"] for one in jumps],
    }


def scroll_times(steps: Sequence[dict[str, float | None]]) -> dict[str, Any]:
    """Return the times of steps; one that was overtaken by the next counts as a whole period."""
    late = [step["full"] for step in steps]
    period = 1000 / STEPS_PER_SECOND
    return {
        "scroll_drawn_full_ms": [period if one is None else one for one in late],
        "scroll_overtaken": sum(one is None for one in late),
    }
