"""A ranking plan with 1,000 draws, 50 entries and 500 cases, beside a straightforward program.

The peer is what one writes first: for every draw take the rows, then numpy's and scipy's own
functions, entry by entry and pair by pair. (pandas, in which such scripts are usually written, is
not among our packages; on top of the same loops it adds its own cost.) Both rank the same draws,
and their ranks are compared first. ``python -m benchmarks.ranking``

Seconds are of the processor, one core, so that a busy machine changes little.
"""

import argparse
import io
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from app.challenges.ranking import parse_plan, rank_bytes, read_scores
from app.challenges.ranking.plan import Plan
from app.challenges.ranking.ranking import design_for, rank_task
from app.challenges.ranking.resampling import draw_counts
from app.challenges.ranking.table import Floats, ScoreTable
from benchmarks.record import keep

SEED = 20261127
SCHEMES: dict[str, dict[str, Any]] = {
    "mean": {"kind": "aggregate-then-rank", "metric": "dice"},
    "median": {"kind": "aggregate-then-rank", "metric": "dice", "aggregate": "median"},
    "rank-then-mean": {"kind": "rank-then-aggregate", "metric": "dice"},
    "test-based": {"kind": "test-based", "metric": "dice"},
}


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    data = written(given.entries, given.cases)
    reading, table = timed(lambda: read_scores(data))
    ours: dict[str, float] = {}
    peer: dict[str, float] = {}
    for name, scheme in SCHEMES.items():
        plan = plan_of({name: scheme}, given.draws)
        ours[name] = min(
            timed(lambda plan=plan: rank_bytes(plan, table))[0] for _ in range(given.rounds)
        )
        # Two draws of the tests take the peer long enough; its draws cost the same, one by one.
        some = min(given.draws, 2 if name == "test-based" else 50)
        peer[name] = compared(name, plan, table, some) * given.draws / some
    every = plan_of(SCHEMES, given.draws)
    ours["all four in one plan"], found = timed(lambda: rank_bytes(every, table))
    keep(
        "ranking",
        {
            "draws": given.draws,
            "entries": given.entries,
            "cases": given.cases,
            "seconds_of_one_core": {name: round(took, 2) for name, took in ours.items()},
            "seconds_of_the_straightforward_program": {
                name: round(took, 1) for name, took in peer.items()
            },
            "times_faster": {name: round(took / ours[name], 1) for name, took in peer.items()},
            "reading_the_scores": round(reading, 2),
            "bytes_of_results": len(found),
        },
    )


def written(entries: int, cases: int) -> bytes:
    """Return scores as a challenge has them: Dice with four digits, close entries, hard cases."""
    random = np.random.Generator(np.random.Philox(key=[SEED, 0]))
    plain = (
        2
        + 0.3 * random.normal(size=(entries, 1))
        + random.normal(size=cases)
        + random.normal(size=(entries, cases))
    )
    out = io.StringIO()
    out.write("task,case,algorithm,metric,value\n")
    for entry, row in enumerate(1 / (1 + np.exp(-plain))):
        for case, value in enumerate(row):
            out.write(f"liver,case {case:03},team {entry:02},dice,{value:.4f}\n")
    return out.getvalue().encode()


def plan_of(schemes: dict[str, dict[str, Any]], draws: int) -> Plan:
    """Return a plan with these schemes by name."""
    return parse_plan(
        {
            "version": 1,
            "metrics": {"dice": {"direction": "higher"}},
            "schemes": [{**scheme, "name": name} for name, scheme in schemes.items()],
            "bootstrap": {"draws": draws, "seed": SEED},
        }
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of processor that ``work`` took, and what it returned."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def compared(name: str, plan: Plan, table: ScoreTable, draws: int) -> float:
    """Return the peer's seconds for the first draws; raises when its ranks differ from ours."""
    task = table.tasks["liver"]
    counts = draw_counts(design_for(task, plan), seed=SEED, task=task.task, first=0, count=draws)
    scores = task.values[:, :, 0]
    chosen = [np.repeat(np.arange(scores.shape[1]), count) for count in counts]
    took, theirs = timed(lambda: [PEER[name](scores[:, cases]) for cases in chosen])
    ours = rank_task(task, plan)[0][name].drawn_ranks[:draws]
    if not np.array_equal(ours, np.array(theirs)):
        raise AssertionError(f"the ranks by {name} differ")
    return took


def by_mean(scores: Floats) -> Floats:
    """Rank the means; rounded, for sums of decimals are equal only on paper."""
    return ranked([-round(float(np.mean(row)), 12) for row in scores])


def by_median(scores: Floats) -> Floats:
    """Rank the medians."""
    return ranked([-round(float(np.median(row)), 12) for row in scores])


def by_case(scores: Floats) -> Floats:
    """Rank in every case, then the means of the ranks."""
    ranks = np.array([ranked(-scores[:, case]) for case in range(scores.shape[1])])
    return ranked([round(float(np.mean(column)), 12) for column in ranks.T])


def by_tests(scores: Floats) -> Floats:
    """Test all ordered pairs, correct by Holm, and rank the numbers of significant wins."""
    entries = len(scores)
    pairs = [(a, b) for a in range(entries) for b in range(entries) if a != b]
    p = np.array([one_sided(np.round(scores[a] - scores[b], 9)) for a, b in pairs])
    wins = np.zeros(entries)
    for place, at in enumerate(np.argsort(p, kind="stable")):
        if p[at] > 0.05 / (len(p) - place):
            break
        wins[pairs[at][0]] += 1
    return ranked(-wins)


def one_sided(differences: Floats) -> float:
    """Return p of the signed-rank test with R's continuity correction, which scipy's is not."""
    differences = differences[differences != 0]
    n = len(differences)
    if not n:
        return 1.0
    ranks = stats.rankdata(np.abs(differences))
    _, ties = np.unique(np.abs(differences), return_counts=True)
    deviation = np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - (ties**3 - ties).sum() / 48)
    return float(stats.norm.sf((ranks[differences > 0].sum() - n * (n + 1) / 4 - 0.5) / deviation))


def ranked(losses: Any) -> Floats:
    """Return ranks; ties share the smallest."""
    ranks: Floats = stats.rankdata(losses, method="min").astype(np.float64)
    return ranks


PEER: dict[str, Callable[[Floats], Floats]] = {
    "mean": by_mean,
    "median": by_median,
    "rank-then-mean": by_case,
    "test-based": by_tests,
}


if __name__ == "__main__":
    main()
