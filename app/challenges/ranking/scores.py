"""Finding the score in an evaluation's metrics."""

import math
from typing import Any


class MissingScore(Exception):
    """The metrics hold no number at the phase's score path; the message says where it ends."""


def score_at(metrics: Any, path: str) -> float:
    """Return the number at ``path`` (keys separated by dots) in ``metrics``.

    Raises `MissingScore` for a missing key, and for anything but a finite number; booleans are
    not numbers here.
    """
    found = metrics
    walked: list[str] = []
    for key in path.split("."):
        walked.append(key)
        if not isinstance(found, dict) or key not in found:
            raise MissingScore(f"metrics.json holds nothing at {'.'.join(walked)!r}.")
        found = found[key]
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise MissingScore(f"metrics.json holds no number at {path!r}.")
    return float(found)
