"""The scores of a phase as the file that a ranking is made from."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.challenges.case_scores import metric_title
from app.challenges.models import CaseScore, Entrant, Evaluation, EvaluationCase, Phase
from app.challenges.ranking import Plan
from app.challenges.ranking.scores_reading import COLUMNS, LONGEST_NAME
from app.core.text import safe_cell

TOTAL = "all cases"
"""What stands as the case where there is one number for all."""
_ROOM = LONGEST_NAME - 20

Value = float | None
Row = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Gathered:
    """The file with ``count`` scores, and what entrants are called in it, by their evaluation."""

    data: bytes
    names: Mapping[UUID, str]
    task: str
    count: int


def gather(phase: Phase, ranked: list[Evaluation], plan: Plan) -> Gathered:
    """Return the scores of the ``ranked`` evaluations by the metrics of ``plan``.

    Cases have numbers, entrants the names that they show; each entry has a row for each case, and
    an empty one where there is no score. The same scores give the same bytes.
    """
    names = names_of(ranked)
    task = plain_name(phase.title) or "phase"
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = sorted(_rows(phase, ranked, plan, names=names, task=task))
    writer.writerows(rows)
    return Gathered(text.getvalue().encode(), names, task, len(rows))


def names_of(ranked: Iterable[Evaluation]) -> dict[UUID, str]:
    """Return a name for each evaluation's entrant; of those alike, later ones have a number."""
    found: dict[UUID, str] = {}
    taken: set[str] = set()
    for row in sorted(ranked, key=lambda row: (_entrant(row).created, _entrant(row).pk)):
        found[row.pk] = take_name(plain_name(_entrant(row).display_name) or "Entrant", taken)
    return found


def take_name(plain: str, taken: set[str]) -> str:
    """Return ``plain``, with a number if that is taken, and take it."""
    name, number = plain, 1
    while name in taken:
        number += 1
        name = f"{plain} ({number})"
    taken.add(name)
    return name


def _rows(
    phase: Phase,
    ranked: list[Evaluation],
    plan: Plan,
    *,
    names: Mapping[UUID, str],
    task: str,
) -> Iterator[Row]:
    if phase.score_path in plan.metrics:
        for row in ranked:
            yield task, TOTAL, names[row.pk], phase.score_path, _text(row.score)
    cases = _numbers(ranked)
    for metric, values in _case_values(ranked, set(plan.metrics)).items():
        for row in ranked:
            for item, number in cases.items():
                value = values.get((row.pk, item))
                yield task, number, names[row.pk], metric, _text(value)


def _case_values(
    ranked: list[Evaluation], metrics: set[str]
) -> dict[str, dict[tuple[UUID, UUID], Value]]:
    """Return the scores of single cases by metric, then by evaluation and item."""
    rows = CaseScore.objects.filter(case__evaluation__in=ranked).order_by()
    found: dict[str, dict[tuple[UUID, UUID], Value]] = {}
    columns = rows.values_list("metric", "label", "case__evaluation", "case__item", "value")
    for metric, label, evaluation, item, value in columns.iterator(5000):
        name = plain_name(metric_title(metric, label))
        if name in metrics:
            found.setdefault(name, {})[evaluation, item] = value
    return found


def _numbers(ranked: list[Evaluation]) -> dict[UUID, str]:
    """Return what each case is called: by its number, the one added first has 1."""
    cases = EvaluationCase.objects.filter(evaluation__in=ranked).order_by()
    items = sorted(set(cases.values_list("item__created", "item")))
    return {item: f"case {at:03}" for at, (_, item) in enumerate(items, start=1)}


def _entrant(row: Evaluation) -> Entrant:
    return row.submission.competes_as


def _text(value: Value) -> str:
    return "" if value is None else repr(value)


def plain_name(name: str) -> str:
    """Return a name as files of scores take it: on one line, and no formula."""
    seen = "".join(one if one.isprintable() else " " for one in name)
    return str(safe_cell(" ".join(seen.split())))[:_ROOM].strip()
