"""Running a plan: from scores to a document that anyone can make again, to the byte."""

from typing import Any

import app
from app.challenges.ranking.canonical import canonical_json, rounded
from app.challenges.ranking.consensus import consensus_of
from app.challenges.ranking.notes import notes_of
from app.challenges.ranking.plan import ABOUT, Invalid, Kind, Plan
from app.challenges.ranking.ranking import Ranking, RankingRefused, rank_task
from app.challenges.ranking.results import agreement, entries, stability, tests_of, unranked
from app.challenges.ranking.table import ScoreTable

VERSION = 2
"""Of the results: it grows when the same plan and scores give something else."""
ALL_TASKS = "all"
"""The task's name under a scheme that ranks over all tasks."""
MOST_PROBLEMS = 100

Rankings = dict[str, dict[str, Ranking]]
Reasons = dict[str, dict[str, dict[str, str]]]


def rank(plan: Plan, scores: ScoreTable) -> dict[str, Any]:
    """Return ``{scheme: {task: {algorithm: {"value", "rank", "interval", …}}}, "about": {…}}``.

    Raises `RankingRefused` where the plan does not fit the scores.
    """
    _check(plan, scores)
    rankings, reasons = _rankings(plan, scores)
    result: dict[str, Any] = {
        name: {
            task: (entries(rankings[name][task], plan) if task in rankings[name] else {})
            | unranked(why)
            for task, why in of_tasks.items()
        }
        for name, of_tasks in reasons.items()
    }
    result[ABOUT] = _about(plan, scores, rankings)
    document: dict[str, Any] = rounded(result)
    return document


def rank_bytes(plan: Plan, scores: ScoreTable) -> bytes:
    """Return the results as canonical JSON."""
    return canonical_json(rank(plan, scores))


def _check(plan: Plan, scores: ScoreTable) -> None:
    if plan.invalid is Invalid.REFUSE and scores.problems:
        first = scores.problems[0]
        raise RankingRefused(
            f"Row {first.row}, column “value”: {first.text!r}: {first.reason} "
            f"({len(scores.problems)} such values; the plan refuses them.)"
        )
    for metric in sorted({metric for scheme in plan.schemes for metric in scheme.metrics}):
        if metric not in scores.metrics:
            known = ", ".join(f"“{name}”" for name in scores.metrics)
            raise RankingRefused(f"The scores have no metric “{metric}”; there are {known}.")


def _rankings(plan: Plan, scores: ScoreTable) -> tuple[Rankings, Reasons]:
    """Return all rankings, and by scheme and task why algorithms are not in them."""
    rankings: Rankings = {scheme.name: {} for scheme in plan.schemes}
    reasons: Reasons = {scheme.name: {} for scheme in plan.schemes}
    for task, of_task in scores.tasks.items():
        found, refused = rank_task(of_task, plan)
        absent = {
            name: f"It has no scores in the task “{task}”."
            for name in scores.algorithms
            if name not in of_task.algorithms
        }
        for name, ranking in found.items():
            rankings[name][task], reasons[name][task] = ranking, absent
        for name, why in refused.items():
            reasons[name][task] = dict.fromkeys(scores.algorithms, why)
    for scheme in plan.schemes:
        if scheme.kind is Kind.CONSENSUS and not rankings[scheme.of]:
            why = f"“{scheme.of}” ranks in no task."
            reasons[scheme.name][ALL_TASKS] = dict.fromkeys(scores.algorithms, why)
        elif scheme.kind is Kind.CONSENSUS:
            ranking, why_not = consensus_of(scheme, rankings[scheme.of], plan)
            everyone = dict.fromkeys(scores.algorithms, "It has no scores in any task.")
            rankings[scheme.name][ALL_TASKS] = ranking
            reasons[scheme.name][ALL_TASKS] = {
                name: why_not.get(name, why)
                for name, why in everyone.items()
                if name not in ranking.algorithms
            }
    return rankings, reasons


def _about(plan: Plan, scores: ScoreTable, rankings: Rankings) -> dict[str, Any]:
    return {
        "version": VERSION,
        "code": {"name": "hounsfield", "version": app.__version__},
        "inputs": {"plan": plan.digest, "scores": scores.digest},
        "seed": plan.bootstrap.seed if plan.bootstrap else None,
        "draws": plan.bootstrap.draws if plan.bootstrap else 0,
        "level": plan.ci.level,
        "cases": {task: len(of_task.cases) for task, of_task in scores.tasks.items()},
        "notes": notes_of(plan, scores, rankings),
        "invalid": {
            "count": len(scores.problems),
            "first": [vars(problem) for problem in scores.problems[:MOST_PROBLEMS]],
        },
        "tests": _each(rankings, tests_of),
        "stability": _each(rankings, stability),
        "agreement": {
            task: agreement({name: of[task] for name, of in rankings.items() if task in of})
            for task in scores.tasks
        },
    }


def _each(rankings: Rankings, report: Any) -> dict[str, dict[str, Any]]:
    """Return what ``report`` says of each ranking, by scheme and task; without the empty ones."""
    found: dict[str, dict[str, Any]] = {}
    for name, of_tasks in rankings.items():
        for task, ranking in of_tasks.items():
            said = report(ranking)
            if said is not None:
                found.setdefault(name, {})[task] = said
    return found
