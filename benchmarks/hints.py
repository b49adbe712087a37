"""What a hint costs that nobody hears, from within a request: asking first, and pushing at once.

Two groups, as when a run has moved; in turns, on a Redis of its own.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async

from benchmarks.portal import fresh_database
from benchmarks.record import keep
from config.local.servers import private_valkey

GROUPS = ["run.01a22585-250e-71c6-811c-c2d7deb29fac", "served.01a22585-250e"]
BLOCK = 200


def _block(push: Any) -> tuple[float, float]:
    """Milliseconds of processor, and of the clock, for one push from a thread of a loop."""

    async def all_of_them() -> tuple[float, float]:
        spent, began = time.process_time(), time.perf_counter()
        for _ in range(BLOCK):
            await sync_to_async(push)([(GROUPS, {"state": "DONE"})])
        return time.process_time() - spent, time.perf_counter() - began

    spent, seconds = asyncio.run(all_of_them())
    return spent / BLOCK * 1000, seconds / BLOCK * 1000


def measure(blocks: int) -> dict[str, Any]:
    """Return the middle of all blocks for both ways."""
    from asgiref.sync import async_to_sync

    from app.core import hints

    def at_once(given: hints.Hints) -> None:
        async_to_sync(hints._send)(given, set(GROUPS))

    ways = {"asking_first": hints.push, "at_once": at_once}
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(blocks + 1):
        for name, push in ways.items():
            found = _block(push)
            if number:
                took[name].append(found)
    middle = {
        name: {
            "processor_ms": round(statistics.median(spent for spent, _ in found), 2),
            "ms": round(statistics.median(ms for _, ms in found), 2),
        }
        for name, found in took.items()
    }
    ratio = middle["at_once"]["processor_ms"] / middle["asking_first"]["processor_ms"]
    return {"blocks": blocks, "of": BLOCK, **middle, "times_less_processor": round(ratio, 1)}


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hounsfield-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with private_valkey(home) as url:
            os.environ |= {"BROKER_URL": url, "CHANNEL_LAYER_URL": url}
            with fresh_database():
                keep("hints", measure(given.blocks))


if __name__ == "__main__":
    main()
