"""How often each entry had each rank in a single case."""

import numpy as np

from app.challenges.ranking.plan import Plan, Scheme
from app.challenges.ranking.plots.parts import (
    INK,
    STEP,
    Results,
    Spec,
    labeled,
    metric_of,
    picture,
    rows_axis,
)
from app.challenges.ranking.ranks import rank_rows
from app.challenges.ranking.schemes.prepared import scored
from app.challenges.ranking.table import TaskScores


def rank_heat_map(results: Results, scheme: Scheme, task: TaskScores, plan: Plan) -> Spec:
    """Return entries (in the scheme's order) x ranks, colored by the number of cases."""
    metric = metric_of(scheme, task)
    ranks = rank_rows(scored(task, metric, plan).losses, ties=plan.ties)
    rows = labeled(results, scheme.name, task.task)
    data: list[Spec] = []
    for name, label in rows:
        column = ranks[:, task.algorithms.index(name)]
        found, counts = np.unique(column, return_counts=True)
        data += [
            {"entry": label, "rank": float(rank), "cases": int(count)}
            for rank, count in zip(found, counts, strict=True)
        ]
    most = max((row["cases"] for row in data), default=0)
    return picture(
        title=f"Ranks in single cases by {metric}",
        description=f"In how many of {len(ranks)} cases each algorithm had each rank.",
        data={"values": data},
        height={"step": STEP},
        width={"step": STEP},
        encoding={
            "y": rows_axis([label for _, label in rows]),
            "x": {
                "field": "rank",
                "type": "ordinal",
                "title": "Rank in a case",
                "axis": {"labelAngle": 0},
            },
        },
        layer=[
            {
                "mark": {"type": "rect", "tooltip": True},
                "encoding": {
                    "color": {
                        "field": "cases",
                        "type": "quantitative",
                        "title": "Cases",
                        "scale": {"scheme": "blues", "zero": True},
                    }
                },
            },
            {
                "mark": {"type": "text", "fontSize": 9, "color": INK},
                "transform": [{"filter": {"field": "cases", "lt": 0.6 * most}}],
                "encoding": {"text": {"field": "cases", "type": "quantitative"}},
            },
            {
                "mark": {"type": "text", "fontSize": 9, "color": "white"},
                "transform": [{"filter": {"field": "cases", "gte": 0.6 * most}}],
                "encoding": {"text": {"field": "cases", "type": "quantitative"}},
            },
        ],
    )
