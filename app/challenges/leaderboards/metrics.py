"""The metrics that a phase can be ranked by: those that its results have scores by."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from app.challenges.case_scores import metric_title
from app.challenges.leaderboards.plans import TOTALS
from app.challenges.leaderboards.scores import plain_name
from app.challenges.models import CaseScore, Phase
from app.challenges.selectors import ranked_in

LOOKED_AT = 20
"""Results of the leaderboard whose scores are looked at; others have the same metrics."""


def known_metrics(phase: Phase) -> list[str]:
    """Return the phase's score and the metrics of single cases, as plans name them.

    Nothing where there are no results yet.
    """
    scores = CaseScore.objects.filter(case__evaluation=OuterRef("pk")).order_by()
    names = scores.annotate(found=JSONObject(metric=F("metric"), label=F("label")))
    held = ArraySubquery(names.values("found").distinct())
    shown = list(ranked_in(phase).annotate(held=held).values_list("held", flat=True)[:LOOKED_AT])
    if not shown:
        return []
    found = {(one["metric"], one["label"]) for row in shown for one in row}
    return [phase.score_path, *sorted({plain_name(metric_title(*one)) for one in found})]


def likely_metric(phase: Phase) -> str:
    """Return the metric of single cases that the phase's score is most likely made from."""
    *parents, leaf = phase.score_path.split(".")
    return parents[-1] if parents and leaf in TOTALS else leaf
