"""The plan that a phase is ranked by: the organizers' own, or one made from the phase's score."""

import hashlib
from typing import Any

from django.db.models import Q
from django.utils.text import slugify

from app.challenges.models import CaseScore, Evaluation, Phase

DRAWS = 1000
LONGEST_NAME = 100  # of a scheme (ranking/plan.schema.json)
SHARES = frozenset(
    [
        "accuracy",
        "auc",
        "auroc",
        "balanced_accuracy",
        "dice",
        "dsc",
        "f1",
        "iou",
        "jaccard",
        "nsd",
        "ppv",
        "precision",
        "recall",
        "sensitivity",
        "specificity",
    ]
)
"""Metrics that are shares, from 0 to 1 (or, for some authors, percentages)."""
TOTALS = ("mean",)
"""Names of a total in metrics.json that the mean over the cases makes again."""


def plan_of(phase: Phase, ranked: list[Evaluation]) -> dict[str, Any]:
    """Return the plan that the ``ranked`` evaluations of ``phase`` are put in order by.

    Where the organizers declared none, it is the mean over the cases where it is the phase's score,
    and every entry has a score in every case; else the score itself.
    """
    if phase.ranking_plan is not None:
        return dict(phase.ranking_plan)
    metric = _metric_of_cases(phase, ranked)
    return default_plan(phase, metric=metric, is_share=_is_share(metric, ranked))


def default_plan(phase: Phase, *, metric: str = "", is_share: bool = False) -> dict[str, Any]:
    """Return the plan by the mean over the cases of ``metric``; without one, by the score.

    The values of a share lie between 0 and 1.
    """
    name = metric or phase.score_path
    scheme: dict[str, Any] = {"kind": "absolute", "metric": name}
    if metric:
        scheme = {"kind": "aggregate-then-rank", "metric": name, "aggregate": "mean"}
    plan: dict[str, Any] = {
        "version": 1,
        "metrics": {name: {"direction": phase.direction.lower()}},
        "schemes": [{"name": _scheme_name(phase.score_title), **scheme}],
    }
    if is_share:
        plan["metrics"][name]["range"] = [0, 1]
    if metric:
        plan["bootstrap"] = {"draws": DRAWS, "seed": seed_of(phase)}
        plan["ci"] = {"level": 0.95, "ranks": "pairwise", "values": "auto"}
    return plan


def _scheme_name(title: str) -> str:
    """Return the title of a score as plans may name a scheme; `about` is a ranking's own file."""
    name = slugify(title)[:LONGEST_NAME].strip("-_")
    return name if name and name != "about" else "score"


def seed_of(phase: Phase) -> int:
    """Return the seed of a phase's draws: fixed when it is made, and nobody's choice."""
    return int.from_bytes(hashlib.sha256(phase.pk.bytes).digest()[:4])


def _metric_of_cases(phase: Phase, ranked: list[Evaluation]) -> str:
    """Return the metric of single cases whose mean is the phase's score, if all are there."""
    keys = phase.score_path.split(".")
    scores = CaseScore.objects.filter(case__evaluation__in=ranked, label="", metric__in=keys)
    found = sorted(set(scores.order_by().values_list("metric", flat=True)))
    if len(found) != 1 or not (keys[-1] in TOTALS or keys[-1] == found[0]):
        return ""
    given = list(
        scores.filter(value__isnull=False).order_by().values_list("case__evaluation", "case__item")
    )
    items = {item for _, item in given}
    return found[0] if len(given) == len(items) * len(ranked) else ""


def _is_share(metric: str, ranked: list[Evaluation]) -> bool:
    """Tell whether a metric has the name of a share, and no case of the entries says otherwise."""
    if metric.lower() not in SHARES:
        return False
    scores = CaseScore.objects.filter(case__evaluation__in=ranked, label="", metric=metric)
    return not scores.filter(Q(value__lt=0) | Q(value__gt=1)).exists()
