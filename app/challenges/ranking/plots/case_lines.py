"""Scores case by case: a line for each entry, cases from hard to easy."""

import numpy as np

from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.plots.parts import (
    Results,
    Spec,
    best_of,
    colored,
    metric_of,
    picture,
    score_axis,
    some_cases,
)
from app.challenges.ranking.schemes.prepared import scored
from app.challenges.ranking.table import TaskScores


def case_lines(results: Results, scheme: Scheme, task: TaskScores, plan: Plan) -> Spec:
    """Return cases x scores; missing scores are gaps and marked at the foot."""
    metric = metric_of(scheme, task)
    found = scored(task, metric, plan)
    names, columns = best_of(results, scheme.name, task)
    losses = np.where(np.isnan(found.losses), np.inf, found.losses)
    hard_first = np.argsort(-np.median(losses, axis=1), kind="stable")
    shown = [int(hard_first[at]) for at in some_cases(len(losses), len(names))]
    order = [task.cases[found.cases[case]] for case in shown]
    data = [
        {
            "case": name_of_case,
            "entry": name,
            "score": None if np.isnan(score) else float(score),
        }
        for case, name_of_case in zip(shown, order, strict=True)
        for name, score in zip(names, found.rows[case, columns], strict=True)
    ]
    return picture(
        title=f"{metric} case by case",
        description=(
            f"{metric} of {len(names)} algorithms in {len(shown)} cases, from the hardest (by the "
            "median of all algorithms) to the easiest."
        ),
        data={"values": data},
        width=640,
        height=280,
        mark={"type": "line", "point": {"size": 16}, "strokeWidth": 1, "tooltip": True},
        encoding={
            "x": {
                "field": "case",
                "type": "nominal",
                "sort": order,
                "title": "Cases, from hard to easy",
                "axis": {"labels": len(shown) <= 60, "ticks": False, "labelAngle": -90},
            },
            "y": score_axis(metric),
            "color": colored(names),
        },
    )
