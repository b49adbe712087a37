"""Where the time of our viewer goes: Chromium's own profile of the page's main thread."""

from collections import Counter
from typing import Any

from benchmarks.viewer_ours import Ours

SHOWN = 12
INTERVAL_US = 500


def explain(ours: Ours) -> dict[str, Any]:
    """Visit once more with the profiler on; return what the main thread did, in milliseconds."""
    with ours.chromium.visit("about:blank") as visit:
        tab = visit.tab
        tab.call("Profiler.enable")
        tab.call("Profiler.setSamplingInterval", interval=INTERVAL_US)
        tab.call("Profiler.start")
        tab.goto(ours.url)
        opened = visit.ask("opened")
        everything = visit.ask("everything", ours.slices)
        profile = tab.call("Profiler.stop")["profile"]
    return {
        "opened": opened,
        "all_decoded": everything["allDecoded"],
        "decoding_in_workers_ms": everything["decodeMilliseconds"],
        "main_thread_ms": busiest(profile),
    }


def busiest(profile: dict[str, Any]) -> dict[str, float]:
    """Return the milliseconds of the functions that took most of them, by themselves."""
    names = {node["id"]: _name(node["callFrame"]) for node in profile["nodes"]}
    taken: Counter[str] = Counter()
    for node, microseconds in zip(profile["samples"], profile["timeDeltas"], strict=True):
        taken[names[node]] += microseconds
    return {name: round(total / 1000, 1) for name, total in taken.most_common(SHOWN)}


def _name(frame: dict[str, Any]) -> str:
    where = frame["url"].rpartition("/")[2]
    place = f" {where}:{frame['lineNumber'] + 1}:{frame['columnNumber'] + 1}" if where else ""
    return f"{frame['functionName'] or '(anonymous)'}{place}"
