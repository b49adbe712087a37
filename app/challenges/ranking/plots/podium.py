"""The podium: each case's entries by their place in it, and how often each entry has each place.

After Eugster, Hothorn and Leisch, “Exploratory and inferential analysis of benchmark experiments”
(2008), as challengeR shows it.
"""

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

WIDTH = 480
_PLACE: Spec = {
    "field": "place",
    "type": "ordinal",
    "title": "Place",
    "axis": {"labelAngle": 0},
    "scale": {"type": "band", "paddingInner": 0.2, "paddingOuter": 0.1},
}


def podium(results: Results, scheme: Scheme, task: TaskScores, plan: Plan) -> Spec:
    """Return places x scores with a line for each case, above bars of how often who is where."""
    metric = metric_of(scheme, task)
    found = scored(task, metric, plan)
    names, columns = best_of(results, scheme.name, task)
    losses = found.losses[:, columns]
    # Every entry has a place of its own here: equal ones in the order of the ranking.
    places = np.argsort(np.argsort(losses, axis=1, kind="stable"), axis=1, kind="stable") + 1
    shown = some_cases(len(losses), len(names))
    points = [
        {
            "case": task.cases[found.cases[case]],
            "place": int(places[case, at]),
            "entry": name,
            "score": float(found.rows[case, columns[at]]),
        }
        for case in shown
        for at, name in enumerate(names)
        if not np.isnan(found.rows[case, columns[at]])
    ]
    bars = [
        {"place": place, "entry": name, "cases": int((places[:, at] == place).sum())}
        for at, name in enumerate(names)
        for place in range(1, len(names) + 1)
    ]
    return picture(
        title=f"Podium by {metric}",
        description=(
            f"Scores by {metric} of {len(shown)} cases against the place in the case; below, in "
            f"how many of {len(losses)} cases each algorithm had each place."
        ),
        vconcat=[_points(points, names, metric), _bars(bars, names)],
    )


def _points(points: list[Spec], names: list[str], metric: str) -> Spec:
    """Return the scores; a case's are joined."""
    place = {**_PLACE, "title": None}
    return {
        "data": {"values": points},
        "width": WIDTH,
        "height": 240,
        "layer": [
            {
                "mark": {"type": "line", "color": "#94a3b8", "opacity": 0.25},
                "encoding": {"x": place, "y": score_axis(metric), "detail": {"field": "case"}},
            },
            {
                "mark": {"type": "circle", "size": 24, "opacity": 0.8, "tooltip": True},
                "encoding": {"x": place, "y": score_axis(metric), **_beside(names)},
            },
        ],
    }


def _bars(bars: list[Spec], names: list[str]) -> Spec:
    """Return how often each entry has each place."""
    return {
        "data": {"values": bars},
        "width": WIDTH,
        "height": 100,
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": _PLACE,
            "y": {"field": "cases", "type": "quantitative", "title": "Cases"},
            **_beside(names),
        },
    }


def _beside(names: list[str]) -> Spec:
    """Return what puts entries beside each other within a place, each in its color."""
    return {
        "xOffset": {"field": "entry", "sort": names},
        "color": colored(names),
    }
