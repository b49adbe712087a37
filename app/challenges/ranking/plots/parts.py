"""What all pictures share: the frame, the order of entries, the ranks in single cases."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.challenges.ranking.plan import Scheme
from app.challenges.ranking.table import NoScores, TaskScores

Spec = dict[str, Any]
Results = Mapping[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
STEP = 22
"""Height of an entry's row, in pixels."""
INK, ACCENT = "#334155", "#1d4ed8"
MOST_ENTRIES = 12
"""Beyond so many colors nobody tells entries apart: pictures with colors show the best."""
MOST_POINTS = 5000
"""A picture of single cases shows at most so many of them times entries; evenly chosen."""


def picture(*, title: str, description: str, **spec: Any) -> Spec:
    """Return a specification with the frame; ``description`` says in words what is to be seen."""
    return {
        "$schema": SCHEMA,
        "title": {"text": title, "anchor": "start"},
        "description": description,
        "background": "transparent",
        "config": {
            "view": {"stroke": None},
            "axis": {"labelLimit": 240},
            "legend": {"labelLimit": 240},
        },
        **spec,
    }


def in_order(results: Results, scheme: str, task: str) -> list[str]:
    """Return the ranked algorithms, the best first, equal ones by name."""
    entries = results[scheme][task]
    ranked = [name for name, entry in entries.items() if entry["rank"] is not None]
    return sorted(ranked, key=lambda name: (entries[name]["rank"], name))


def labeled(results: Results, scheme: str, task: str) -> list[tuple[str, str]]:
    """Return algorithms in order, each with its label: its tier and its name."""
    entries = results[scheme][task]
    return [
        (name, f"{entries[name].get('tier') or format(entries[name]['rank'], 'g')}  {name}")
        for name in in_order(results, scheme, task)
    ]


def best_of(results: Results, scheme: str, task: TaskScores) -> tuple[list[str], list[int]]:
    """Return the algorithms that are told apart by color, and their columns of the scores."""
    names = in_order(results, scheme, task.task)[:MOST_ENTRIES]
    return names, [task.algorithms.index(name) for name in names]


def colored(names: list[str]) -> Spec:
    """Return the encoding that gives each entry its color."""
    return {
        "field": "entry",
        "type": "nominal",
        "sort": names,
        "title": None,
        "scale": {"domain": names, "scheme": "tableau20"},
    }


def score_axis(metric: str) -> Spec:
    """Return the vertical axis of a metric's scores."""
    return {
        "field": "score",
        "type": "quantitative",
        "title": metric,
        "scale": {"zero": False},
    }


def metric_of(scheme: Scheme, task: TaskScores) -> str:
    """Return the first of the scheme's metrics that the task has scores by; raises `NoScores`."""
    for metric in scheme.metrics:
        if metric in task.metrics:
            return metric
    raise NoScores(f"The task “{task.task}” has no scores by “{scheme.name}”.")


def some_cases(cases: int, entries: int) -> list[int]:
    """Return the cases to show, spread evenly where all would be too many points."""
    most = max(1, MOST_POINTS // max(1, entries))
    if cases <= most:
        return list(range(cases))
    return [int(place) for place in np.linspace(0, cases - 1, most).round()]


def rows_axis(order: list[str]) -> Spec:
    """Return the vertical axis with one row for each label, in this order."""
    return {
        "field": "entry",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {"domain": False, "ticks": False},
    }
