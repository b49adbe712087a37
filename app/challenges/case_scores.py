"""Reading the scores of single cases: who sees what of them, in which order, as which file."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from app.challenges.leaderboards.shown_scores import withholds_details
from app.challenges.models import CaseScore, Evaluation, EvaluationCase, Phase
from app.challenges.policies import EVALUATIONS
from app.core.errors import NotFound
from app.core.text import safe_cell


@dataclass(frozen=True)
class ScoredCase:
    """A case in a table; ``value`` is its score by the metric that was chosen."""

    case: EvaluationCase
    value: float | None


@dataclass(frozen=True)
class Column:
    """What the cases are ordered by; ``higher_is_better`` is nothing where nobody said."""

    metric: str
    label: str = ""
    higher_is_better: bool | None = None

    @property
    def key(self) -> str:
        """Return the column as an address names it."""
        return f"{self.metric}:{self.label}" if self.label else self.metric

    @property
    def title(self) -> str:
        """Return the column as people read it."""
        return metric_title(self.metric, self.label)

    @property
    def order(self) -> str:
        """Return in words which case comes first."""
        return "lowest first" if self.higher_is_better is None else "worst first"


def metric_title(metric: str, label: str) -> str:
    """Return what a metric of single cases is called, on pages and in plans and scores."""
    return f"{metric} ({label})" if label else metric


def may_see_scores(user: Any, evaluation: Evaluation) -> bool:
    """Tell whether the scores of single cases are for ``user``, who sees the evaluation."""
    phase = evaluation.submission.phase
    shown = phase.show_case_scores and not withholds_details(phase)
    return shown or EVALUATIONS.allows(user, evaluation, "inspect")


def columns_of(evaluation: Evaluation) -> list[Column]:
    """Return what the cases have scores by, the metric of the ranking first."""
    phase = evaluation.submission.phase
    rows = CaseScore.objects.filter(case__evaluation=evaluation).order_by("metric", "label")
    found = [
        Column(metric, label, _better(phase) if _is_ranked_by(phase, metric) else None)
        for metric, label in rows.values_list("metric", "label").distinct()
    ]
    return sorted(found, key=lambda one: (one.higher_is_better is None, one.label, one.metric))


def worst_first(cases: QuerySet[EvaluationCase], column: Column | None) -> list[ScoredCase]:
    """Return the cases by their score, the worst first; those without one come before all."""
    if column is None:
        return [ScoredCase(case, None) for case in cases]
    scores = CaseScore.objects.filter(
        case=OuterRef("pk"), metric=column.metric, label=column.label
    ).order_by()
    rows = cases.annotate(value=Subquery(scores.values("value")[:1]))
    sign = -1 if column.higher_is_better is False else 1

    def place(row: ScoredCase) -> tuple[float, int]:
        return (-math.inf if row.value is None else sign * row.value, row.case.order)

    return sorted((ScoredCase(case, vars(case)["value"]) for case in rows), key=place)


def score_rows(user: Any, evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    """Yield every score as ``user`` may see it, or raise `NotFound`.

    Only organizers see which case it was; everybody else sees its number.
    """
    if not may_see_scores(user, evaluation):
        raise NotFound("The organizers do not show the scores of single cases.")
    names = EVALUATIONS.allows(user, evaluation, "inspect")
    rows = CaseScore.objects.filter(case__evaluation=evaluation).order_by(
        "case__order", "metric", "label"
    )
    for score in rows.select_related("case__item").iterator(2000):
        case = score.case
        named = {"title": case.item.title, "item": str(case.item_id)} if names else {}
        yield {
            "case": case.order,
            **named,
            "metric": score.metric,
            "class": score.label,
            "value": score.value,
        }


def scores_csv(user: Any, evaluation: Evaluation) -> str:
    """Return the scores as CSV with a header; a missing one is an empty cell."""
    rows = list(score_rows(user, evaluation))
    names = EVALUATIONS.allows(user, evaluation, "inspect")
    header = ["case", *(["title", "item"] if names else []), "metric", "class", "value"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe_cell("" if row[name] is None else row[name]) for name in header])
    return text.getvalue()


def _is_ranked_by(phase: Phase, metric: str) -> bool:
    return metric in phase.score_path.split(".")


def _better(phase: Phase) -> bool:
    return phase.direction == Phase.Direction.HIGHER
