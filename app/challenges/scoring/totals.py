"""Whether the totals in metrics.json are the means of the scores of its cases.

A total that somebody ranks by and that the cases do not bear out is the fault that is found last.
"""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.challenges.scoring.results import Results

_LEAST = 1e-9


def disagreements(metrics: Any, results: Results) -> Iterator[str]:
    """Yield in words every ``aggregates.<metric>.mean`` that is not the mean over all cases.

    A metric that some case has no score for is left out: what counts for a missing case is the
    organizers' own rule. So is what rounding explains.
    """
    totals = metrics.get("aggregates") if isinstance(metrics, dict) else None
    if not isinstance(totals, Mapping):
        return
    for metric, values in _complete(results).items():
        total = totals.get(metric)
        said = total.get("mean") if isinstance(total, Mapping) else None
        if not isinstance(said, int | float) or isinstance(said, bool):
            continue
        mean = math.fsum(value / len(values) for value in values)
        if abs(said - mean) > _tolerance(said, mean):
            yield (
                f"aggregates.{metric}.mean is {said:g}, but the mean of {metric} over "
                f"{len(values)} cases is {mean:g}."
            )


def _complete(results: Results) -> dict[str, list[float]]:
    """Return the scores of whole cases by metric, where every case has one."""
    found: dict[str, list[float]] = {}
    for case in results.cases:
        for score in case.scores:
            if not score.label and score.value is not None:
                found.setdefault(score.metric, []).append(score.value)
    count = len(results.cases)
    return {metric: values for metric, values in found.items() if len(values) == count}


def _tolerance(said: float, mean: float) -> float:
    """Return half a unit of the last decimal that ``said`` was written with."""
    exponent = Decimal(repr(said)).as_tuple().exponent
    rounding = 0.5 * 10.0**exponent if isinstance(exponent, int) and exponent < 0 else 0.0
    return rounding * (1 + _LEAST) + _LEAST * max(1.0, abs(mean))
