"""Rankings as plain data: entries, tests, stability, agreement between schemes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.challenges.ranking.plan import Kind, Plan, RankIntervals
from app.challenges.ranking.rank_intervals import (
    Intervals,
    bands,
    holding,
    intervals_of_tests,
    pairwise_intervals,
    percentile_intervals,
    tier,
)
from app.challenges.ranking.ranking import Ranking
from app.challenges.ranking.stability import frequencies, kendall_tau, stability_of
from app.challenges.ranking.table import Floats
from app.challenges.ranking.value_intervals import (
    Interval,
    mean_interval,
    quantile_interval,
    within,
)
from app.challenges.ranking.wilcoxon import SignedRanks, holm, holm_significant, p_values


def entries(ranking: Ranking, plan: Plan) -> dict[str, dict[str, Any]]:
    """Return every ranked algorithm's value, rank, interval, tier and band."""
    intervals = rank_intervals(ranking, plan)
    values = value_intervals(ranking, plan)
    found = {}
    band = None if intervals is None else bands(intervals, ranking.ranks)
    for at, algorithm in enumerate(ranking.algorithms):
        one: dict[str, Any] = {
            "value": float(ranking.values[at]),
            "rank": float(ranking.ranks[at]),
            "interval": None if intervals is None else intervals[at].tolist(),
            "tier": None if intervals is None else tier(*intervals[at].tolist()),
            "band": None if band is None else band[at],
            "value_interval": values[at],
            "missing": int(ranking.missing[at]),
        }
        if np.isnan(ranking.values[at]):
            one["reason"] = (
                f"{one['missing']} of its scores are missing: by the rule “worst” it has no value "
                "and comes after all that have one."
            )
        found[algorithm] = one
    return found


def unranked(reasons: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the algorithms that are not in a ranking, each with the reason."""
    return {
        algorithm: {"value": None, "rank": None, "interval": None, "reason": reason}
        for algorithm, reason in reasons.items()
    }


def rank_intervals(ranking: Ranking, plan: Plan) -> Intervals | None:
    """Return the intervals of the ranks; none without resamples or with a single case."""
    if not ranking.algorithms:
        return None
    pairwise = plan.ci.ranks is RankIntervals.PAIRWISE
    tests = ranking.prepared.tests if ranking.prepared else None
    if pairwise and tests is not None:
        found = intervals_of_tests(holm_significant(_z(tests), alpha=ranking.scheme.alpha)[0])
    elif not len(ranking.drawn) or ranking.units == 1:
        return None
    elif pairwise:
        direction = ranking.direction
        found = pairwise_intervals(
            direction.losses(ranking.values),
            direction.losses(ranking.drawn),
            level=plan.ci.level,
        )
    else:
        found = percentile_intervals(ranking.drawn_ranks, level=plan.ci.level)
    return holding(found, ranking.ranks)


def value_intervals(ranking: Ranking, plan: Plan) -> list[Interval | None]:
    """Return the intervals of the values, where one is right; see `value_intervals`."""
    summary = ranking.prepared.summary if ranking.prepared else None
    result: list[Interval | None] = [None] * len(ranking.algorithms)
    if summary is None or ranking.design is None:
        return result
    valued = np.flatnonzero(~np.isnan(ranking.values))
    rows, share = summary.rows[:, valued], summary.aggregate.quantile
    if share is None:
        drawn = ranking.drawn[:, valued]
        found = mean_interval(
            rows,
            ranking.values[valued],
            drawn[~np.isnan(drawn).any(axis=1)],
            design=ranking.design,
            level=plan.ci.level,
            method=plan.ci.values,
        )
    elif ranking.design.simple:
        found = quantile_interval(rows, share=share, level=plan.ci.level)
    else:
        return result
    span = plan.metrics[ranking.scheme.metrics[0]].range if _has_values_of_metric(ranking) else None
    for at, interval in zip(valued, found, strict=True):
        result[at] = within(interval, span)
    return result


def _has_values_of_metric(ranking: Ranking) -> bool:
    """Tell whether the values are scores, and no ranks."""
    return ranking.scheme.kind in (Kind.ABSOLUTE, Kind.AGGREGATE_THEN_RANK)


def _z(tests: SignedRanks) -> Floats:
    """Return the tests of all cases, as a stack of one."""
    return tests.z(np.ones((1, tests.cases), dtype=np.int32))


def tests_of(ranking: Ranking) -> list[dict[str, Any]] | None:
    """Return p, Holm's p and the decision for each ordered pair; none where no tests were made."""
    tests = ranking.prepared.tests if ranking.prepared else None
    if tests is None:
        return None
    off = ~np.eye(len(ranking.algorithms), dtype=np.bool_)
    z = _z(tests)
    p = p_values(z[0])[off]
    adjusted = holm(p)
    significant = holm_significant(z, alpha=ranking.scheme.alpha)[0][off]
    return [
        {
            "better": ranking.algorithms[better],
            "worse": ranking.algorithms[worse],
            "p": float(p[at]),
            "adjusted": float(adjusted[at]),
            "significant": bool(significant[at]),
        }
        for at, (better, worse) in enumerate(np.argwhere(off).tolist())
    ]


def stability(ranking: Ranking) -> dict[str, Any] | None:
    """Return what the resamples say of a ranking; none without resamples."""
    if not len(ranking.drawn_ranks) or not ranking.algorithms:
        return None
    found = stability_of(ranking.ranks, ranking.drawn_ranks)
    names = ranking.algorithms
    tau = found.tau[~np.isnan(found.tau)]
    return {
        "algorithms": list(names),
        "winner": dict(zip(names, found.winner.tolist(), strict=True)),
        "above": None if found.above is None else found.above.tolist(),
        "ranks": dict(zip(names, frequencies(ranking.drawn_ranks), strict=True)),
        "tau": {
            "mean": float(tau.mean()) if len(tau) else None,
            "percentiles": np.quantile(tau, np.linspace(0, 1, 101)).tolist() if len(tau) else None,
            "undefined": int(np.isnan(found.tau).sum()),
        },
    }


def agreement(rankings: Mapping[str, Ranking]) -> dict[str, dict[str, float]]:
    """Return Kendall's tau-b between each two schemes' rankings of one task."""
    return {
        name: {
            other: float(kendall_tau(one.ranks, two.ranks[None])[0])
            for other, two in rankings.items()
            if other != name
        }
        for name, one in rankings.items()
    }
