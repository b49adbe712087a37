"""How often the 95 % intervals of ranks hold the true rank, on 500 simulated challenges.

The truth is known: entry j has in case i the score f(theta_j + b_i + e_ij), b being the case's
difficulty, so that every scheme's true ranking is the order of theta. The settings go through what
challenges are: entries far apart or nearly equal, scores that are normal, bent towards 1 as Dice
is, or rounded to hundredths, 50 to 200 cases. Each challenge has two tasks of two metrics.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from app.challenges.ranking import parse_plan
from app.challenges.ranking.consensus import consensus_of
from app.challenges.ranking.plan import Kind, Plan
from app.challenges.ranking.ranking import Ranking, rank_task
from app.challenges.ranking.ranks import Ties, rank_rows
from app.challenges.ranking.results import rank_intervals, value_intervals
from app.challenges.ranking.table import Floats, TaskScores

CHALLENGES = 500
SEED = 20260101
ENTRIES = 12
LEAST = 0.90
"""Below this, for the intervals that a plan gets by default, the check fails."""
SPREADS = {"apart": 0.5, "close": 0.1, "nearly equal": 0.01}
SHAPES = ("normal", "dice", "rounded")
CASES = (50, 100, 200)
SCHEMES = [
    {"kind": "aggregate-then-rank", "metric": "one", "name": "mean"},
    {"kind": "aggregate-then-rank", "metric": "one", "aggregate": "median", "name": "median"},
    {"kind": "rank-then-aggregate", "metric": "one", "name": "rank-then-mean"},
    {"kind": "metric-ranks", "metrics": ["one", "two"], "name": "metric-ranks"},
    {"kind": "test-based", "metric": "one", "name": "test-based"},
    {"kind": "consensus", "of": "mean", "name": "consensus"},
]


def run(record: dict[str, Any], challenges: int = CHALLENGES) -> None:
    """Measure, write down by scheme and setting, and fail below 90 %."""
    plans = {ways: _plan(ways) for ways in ("pairwise", "percentile")}
    held: dict[tuple[str, str], dict[str, list[float]]] = {}
    widths: dict[tuple[str, str], list[float]] = {}
    for number, (spread, shape, cases) in enumerate(_settings(challenges)):
        truth, tasks = _challenge(number, SPREADS[spread], shape, cases)
        rankings = _rankings(tasks, plans["pairwise"], number)
        for name, ranking in rankings.items():
            for ways, plan in plans.items():
                if ways == "percentile" and name == "test-based":
                    continue
                intervals = rank_intervals(ranking, plan)
                assert intervals is not None
                true = truth[name]
                inside = (intervals[:, 0] <= true) & (true <= intervals[:, 1])
                by = held.setdefault((name, ways), {})
                for key in ("all", spread, shape, f"{cases} cases"):
                    by.setdefault(key, []).append(float(inside.mean()))
                widths.setdefault((name, ways), []).append(float(np.ptp(intervals, axis=1).mean()))
    record["seed"], record["challenges"], record["entries"] = SEED, challenges, ENTRIES
    record["coverage"] = {
        ways: {
            name: {key: round(float(np.mean(found)), 4) for key, found in by.items()}
            | {"ranks in an interval": round(1 + float(np.mean(widths[name, ways])), 2)}
            for (name, its), by in held.items()
            if its == ways
        }
        for ways in plans
    }
    record["values"] = _values(challenges)
    low = {
        f"{name}, {key}": share
        for name, by in record["coverage"]["pairwise"].items()
        for key, share in by.items()
        if share < LEAST
    }
    if low:
        raise AssertionError(f"the intervals hold too few true ranks: {low}")


def _settings(challenges: int) -> Iterator[tuple[str, str, int]]:
    every = itertools.cycle(itertools.product(SPREADS, SHAPES, CASES))
    return itertools.islice(every, challenges)


def _plan(ranks: str) -> Plan:
    return parse_plan(
        {
            "version": 1,
            "metrics": {"one": {"direction": "higher"}, "two": {"direction": "higher"}},
            "schemes": SCHEMES,
            "bootstrap": {"draws": 1000, "seed": SEED},
            "ci": {"ranks": ranks},
        }
    )


def _challenge(
    number: int, spread: float, shape: str, cases: int
) -> tuple[dict[str, Floats], list[TaskScores]]:
    """Return the true ranks by scheme, and two tasks."""
    random = np.random.Generator(np.random.Philox(key=[SEED, number]))
    base = random.normal(size=ENTRIES)
    tasks, true = [], []
    for name in ("first", "second"):
        theta = spread * (base + 0.5 * random.normal(size=(2, ENTRIES)))
        scores = np.stack([_scores(random, one, shape, cases) for one in theta], axis=2)
        tasks.append(
            TaskScores(
                task=f"{name} {number}",
                algorithms=tuple(f"{entry:02}" for entry in range(ENTRIES)),
                cases=tuple(f"{case:03}" for case in range(cases)),
                metrics=("one", "two"),
                values=scores,
                asked=np.ones((cases, 2), dtype=np.bool_),
            )
        )
        true.append(rank_rows(-theta, ties=Ties.MIN))
    first, second = true
    single = dict.fromkeys(("mean", "median", "rank-then-mean", "test-based"), first[0])
    return single | {
        "metric-ranks": rank_rows(first.mean(axis=0), ties=Ties.MIN),
        "consensus": rank_rows((first[0] + second[0]) / 2, ties=Ties.MIN),
    }, tasks


def _scores(random: np.random.Generator, theta: Floats, shape: str, cases: int) -> Floats:
    """Return entries x cases."""
    plain = theta[:, None] + random.normal(size=cases) + random.normal(size=(len(theta), cases))
    if shape == "normal":
        return plain
    dice: Floats = 1 / (1 + np.exp(-(plain + 2)))
    return np.round(dice, 2) if shape == "rounded" else dice


def _rankings(tasks: list[TaskScores], plan: Plan, number: int) -> dict[str, Ranking]:
    by_task = {task.task: rank_task(task, plan)[0] for task in tasks}
    found = dict(by_task[tasks[0].task])
    for scheme in plan.schemes:
        if scheme.kind is Kind.CONSENSUS:
            of = {task: rankings[scheme.of] for task, rankings in by_task.items()}
            found[scheme.name] = consensus_of(scheme, of, plan)[0]
    return found


def _values(challenges: int) -> dict[str, dict[str, float]]:
    """Return how often the intervals of means and medians hold the true ones, by cases."""
    held: dict[tuple[str, str], list[float]] = {}
    for cases in (20, 50, 100, 200):
        for number in range(challenges // 4):
            _, tasks = _challenge(number + 10_000, 0.5, "normal", cases)
            random = np.random.Generator(np.random.Philox(key=[SEED, number + 20_000]))
            skewed = np.exp(random.normal(size=(ENTRIES, cases)))
            values = tasks[0].values.copy()
            values[:, :, 0] = skewed
            task = TaskScores(
                tasks[0].task,
                tasks[0].algorithms,
                tasks[0].cases,
                tasks[0].metrics,
                values,
                tasks[0].asked,
            )
            rankings, _ = rank_task(task, _values_plan("auto"))
            truths = {"mean": float(np.exp(0.5)), "median": 1.0}
            for name, truth in truths.items():
                ways = ("t", "bca", "percentile") if name == "mean" else ("order statistics",)
                for way in ways:
                    intervals = value_intervals(rankings[name], _values_plan(way))
                    inside = [one is not None and one[0] <= truth <= one[1] for one in intervals]
                    held.setdefault((f"{name}, {way}", f"{cases} cases"), []).append(
                        float(np.mean(inside))
                    )
    found: dict[str, dict[str, float]] = {}
    for (name, cases_), shares in held.items():
        found.setdefault(name, {})[cases_] = round(float(np.mean(shares)), 4)
    return found


def _values_plan(values: str) -> Plan:
    return parse_plan(
        {
            "version": 1,
            "metrics": {"one": {"direction": "higher"}},
            "schemes": SCHEMES[:2],
            "bootstrap": {"draws": 1000, "seed": SEED},
            "ci": {"values": "auto" if values == "order statistics" else values},
        }
    )
