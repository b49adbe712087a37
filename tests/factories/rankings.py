"""Rankings that are stored, made of scores that a test gives."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.challenges.models import Phase, Ranking
from app.challenges.ranking import parse_plan, rank_bytes, read_scores
from app.core.ids import new_id
from app.core.storage import get_store
from tests.challenges.ranking.tables import csv_of

PLAN: dict[str, Any] = {
    "version": 1,
    "metrics": {"dice": {"direction": "higher", "missing": {"rule": "value", "value": 0}}},
    "schemes": [
        {"name": "mean", "kind": "aggregate-then-rank", "metric": "dice", "aggregate": "mean"},
        {"name": "tests", "kind": "test-based", "metric": "dice", "alpha": 0.05},
    ],
    "bootstrap": {"draws": 200, "seed": 7},
}
Scores = Mapping[str, Sequence[float | None]]


def make_ranking(phase: Phase, scores: Scores, *, plan: dict[str, Any] | None = None) -> Ranking:
    """Store what the plan makes of each entry's scores in case 001, 002 and so on."""
    plan = plan or PLAN
    rows = [
        [phase.title, f"case {number:03}", name, "dice", "" if value is None else value]
        for name, values in scores.items()
        for number, value in enumerate(values, start=1)
    ]
    table = csv_of(rows)
    results = rank_bytes(parse_plan(plan), read_scores(table))
    keys = {what: f"rankings/{new_id()}.{what}" for what in ("scores", "results")}
    get_store().put_bytes(table, key=keys["scores"])
    get_store().put_bytes(results, key=keys["results"])
    about = json.loads(results)["about"]
    return Ranking.objects.create(
        phase=phase,
        plan=plan,
        plan_sha256=about["inputs"]["plan"],
        scores_sha256=about["inputs"]["scores"],
        scores_key=keys["scores"],
        results_key=keys["results"],
        seed=about["seed"],
        code_version=about["code"]["version"],
        cases=max(len(values) for values in scores.values()),
        entry_count=len(scores),
        notes=about["notes"],
    )


def plausible_scores(names: Sequence[str], *, cases: int) -> dict[str, list[float | None]]:
    """Return scores as segmentation gives them: cases differ more than entries; one is missing."""
    random = np.random.default_rng(5)
    hard = random.normal(0, 0.9, cases)
    found: dict[str, list[float | None]] = {}
    for place, name in enumerate(names):
        skill = 2.2 - 0.16 * place - (0.6 if place > len(names) // 2 else 0)
        values = 1 / (1 + np.exp(-(skill + hard + random.normal(0, 0.35, cases))))
        found[name] = [round(float(value), 4) for value in values]
    found[names[-1]][cases // 2] = None
    return found
