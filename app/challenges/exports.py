"""Everything of a challenge as tables, for its organizers. docs/challenge-exports.md names columns.

What people are called is what organizers read on the pages too: no addresses, nothing else of them.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from app.challenges.models import (
    CaseScore,
    Challenge,
    CombinedPart,
    Evaluation,
    EvaluationCase,
    Grant,
    Submission,
    TeamMember,
)
from app.core.text import safe_cell

FORMAT = "hounsfield-challenge/1"
CHUNK = 2000
Rows = Iterable[tuple[Any, ...]]


@dataclass(frozen=True)
class Table:
    """One kind of row; ``columns`` maps each name, which never changes, to what it is read from."""

    columns: Mapping[str, str]
    source: Callable[[Challenge], QuerySet[Any]]

    def rows(self, challenge: Challenge) -> Rows:
        """Read the rows in pieces."""
        found = self.source(challenge).values_list(*self.columns.values())
        return found.iterator(chunk_size=CHUNK)


class Metrics(Table):
    """Every number outside of the results per case, by the path that leads to it."""

    def rows(self, challenge: Challenge) -> Rows:
        """Read the evaluations in pieces, each with all of its numbers."""
        found = self.source(challenge).values_list("pk", "metrics")
        for pk, metrics in found.iterator(chunk_size=50):
            named = metrics if isinstance(metrics, dict) else {}
            outside = {key: value for key, value in named.items() if key != "results"}
            yield from ((pk, path, value) for path, value in _leaves(outside))


class Answers(Table):
    """Every answer to a question of registration, in the words that the question had then."""

    def rows(self, challenge: Challenge) -> Rows:
        """Read the requests in pieces, each with all of its answers."""
        for answers, *request in (
            self.source(challenge)
            .values_list("answers", "pk", "user__username", "created", "state")
            .iterator(chunk_size=CHUNK)
        ):
            yield from ((*request, one["question"], one["answer"]) for one in answers)


def _leaves(metrics: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the numbers in their order, however deep they lie: containers write what they want."""
    waiting = [iter(metrics.items())]
    keys: list[str] = []
    while waiting:
        key, value = next(waiting[-1], (None, None))
        if key is None:
            waiting.pop()
            keys = keys[:-1]
        elif isinstance(value, dict):
            keys.append(key)
            waiting.append(iter(value.items()))
        elif value is None or isinstance(value, (int, float)):
            yield ".".join([*keys, key]), value


def _submissions(challenge: Challenge) -> QuerySet[Submission]:
    return Submission.objects.filter(phase__challenge=challenge).order_by("created", "pk")


def _evaluations(challenge: Challenge) -> QuerySet[Evaluation]:
    rows = Evaluation.objects.filter(submission__phase__challenge=challenge)
    return rows.order_by("created", "pk")


def _cases(challenge: Challenge) -> QuerySet[EvaluationCase]:
    rows = EvaluationCase.objects.filter(evaluation__submission__phase__challenge=challenge)
    return rows.order_by("evaluation_id", "order")


def _scores(challenge: Challenge) -> QuerySet[CaseScore]:
    rows = CaseScore.objects.filter(case__evaluation__submission__phase__challenge=challenge)
    return rows.order_by("case__evaluation_id", "case__order", "metric", "label")


TABLES: Mapping[str, Table] = {
    "phases": Table(
        {
            "phase": "pk",
            "title": "title",
            "opens_at": "opens_at",
            "closes_at": "closes_at",
            "leaderboard_freezes_at": "frozen_at",
            "score_path": "score_path",
            "score_title": "score_title",
            "direction": "direction",
            "ranking_plan": "ranking_plan",
            "result_that_counts": "counts",
            "ladder_step": "ladder_step",
            "score_decimals": "score_decimals",
            "ranking_published": "publish_ranking",
            "leaderboard_columns": "leaderboard_columns",
            "kind": "kind",
            "predictions_form": "predictions_form",
            "predictions_schema": "predictions_schema",
            "predictions_max_mb": "predictions_max_mb",
            "limit_successful": "limit_successful",
            "limit_successful_days": "limit_successful_days",
            "limit_attempted": "limit_attempted",
            "limit_attempted_days": "limit_attempted_days",
            "limit_under_way": "limit_under_way",
        },
        lambda challenge: challenge.phases.order_by("created", "pk"),
    ),
    "combined_leaderboards": Table(
        {
            "combined_leaderboard": "board_id",
            "title": "board__title",
            "rule": "board__rule",
            "missing": "board__missing",
            "phase": "phase_id",
            "weight": "weight",
        },
        lambda challenge: CombinedPart.objects.filter(board__challenge=challenge).order_by(
            "board__created", "board_id", "phase__created", "phase_id"
        ),
    ),
    "participants": Table(
        {
            "username": "user__username",
            "first_name": "user__first_name",
            "last_name": "user__last_name",
            "institution": "user__institution",
            "role": "role",
            "joined": "created",
        },
        lambda challenge: challenge.memberships.order_by("created", "pk"),
    ),
    "teams": Table(
        {
            "team": "pk",
            "name": "title",
            "captain": "captain__username",
            "made": "created",
            "dissolved": "dissolved_at",
        },
        lambda challenge: challenge.teams.order_by("created", "pk"),
    ),
    "team_members": Table(
        {"team": "team_id", "username": "user__username", "joined": "created"},
        lambda challenge: TeamMember.objects.filter(challenge=challenge).order_by("created", "pk"),
    ),
    "submissions": Table(
        {
            "submission": "pk",
            "phase": "phase_id",
            "handed_in": "created",
            "username": "creator__username",
            "team": "entrant__team_id",
            "competes_as_team": "competes_as__team_id",
            "competes_as_username": "competes_as__person__username",
            "algorithm": "version__algorithm__title",
            "version": "version__number",
            "container_digest": "version__container_image__digest",
            "file": "file_name",
            "file_size": "file_size",
            "file_sha256": "file_sha256",
            "state": "state",
            "reason": "reason",
            "comment": "comment",
            "refund": "refund",
        },
        _submissions,
    ),
    "evaluations": Table(
        {
            "evaluation": "pk",
            "submission": "submission_id",
            "made": "created",
            "finished": "finished_at",
            "state": "state",
            "score": "score",
            "rank": "rank",
            "reason": "reason",
            "organizer_reason": "organizer_reason",
            "cause": "cause",
            "method_digest": "method__container_image__digest",
            "ground_truth_version": "ground_truth__number",
            "ground_truth_sha256": "ground_truth__sha256",
            "cpu_seconds": "cpu_seconds",
            "gpu_seconds": "gpu_seconds",
        },
        _evaluations,
    ),
    "metrics": Metrics(
        {"evaluation": "", "path": "", "value": ""},
        lambda challenge: _evaluations(challenge).filter(metrics__isnull=False),
    ),
    "cases": Table(
        {
            "evaluation": "evaluation_id",
            "number": "order",
            "title": "item__title",
            "item": "item_id",
            "state": "state",
            "started": "job__started_at",
            "finished": "job__finished_at",
            "reason": "job__reason",
            "note": "note",
        },
        _cases,
    ),
    "case_scores": Table(
        {
            "evaluation": "case__evaluation_id",
            "number": "case__order",
            "title": "case__item__title",
            "item": "case__item_id",
            "metric": "metric",
            "class": "label",
            "value": "value",
        },
        _scores,
    ),
    "grants": Table(
        {
            "phase": "phase_id",
            "team": "entrant__team_id",
            "username": "entrant__person__username",
            "amount": "amount",
            "reason": "reason",
            "granted_by": "granted_by__username",
            "granted": "created",
        },
        lambda challenge: Grant.objects.filter(phase__challenge=challenge).order_by(
            "created", "pk"
        ),
    ),
    "announcements": Table(
        {
            "announcement": "pk",
            "title": "title",
            "text": "text",
            "author": "author__username",
            "made": "created",
            "told": "told_at",
        },
        lambda challenge: challenge.announcements.order_by("created", "pk"),
    ),
    "design": Table(
        {
            "phase": "phase_id",
            "number": "number",
            "declared": "created",
            "author": "author__username",
            "amendment": "amendment",
            "reason": "reason",
            "sha256": "digest",
            "document": "document",
        },
        lambda challenge: challenge.designs.order_by(F("phase").asc(nulls_first=True), "number"),
    ),
    "registration_answers": Answers(
        dict.fromkeys(("request", "username", "asked", "state", "question", "answer"), ""),
        lambda challenge: challenge.access_requests.order_by("created", "pk"),
    ),
}


def exported_table(challenge: Challenge, name: str, *, ending: str) -> Iterator[str]:
    """Yield one table piece by piece; spreadsheets find no formula in the CSV."""
    table = TABLES[name]
    if ending == "json":
        yield from _json_rows(table, challenge)
        yield "\n"
        return
    yield "\ufeff" + _line(table.columns)
    for row in table.rows(challenge):
        yield _line(_cell(value) for value in row)


def exported_challenge(challenge: Challenge) -> Iterator[str]:
    """Yield all tables as one JSON object, piece by piece."""
    head = {
        "format": FORMAT,
        "exported": timezone.now().isoformat(),
        "challenge": {
            "id": str(challenge.pk),
            "slug": challenge.slug,
            "title": challenge.title,
            "description": challenge.description,
        },
    }
    yield json.dumps(head, ensure_ascii=False)[:-1]
    for name, table in TABLES.items():
        yield f',\n"{name}": '
        yield from _json_rows(table, challenge)
    yield "}\n"


def _json_rows(table: Table, challenge: Challenge) -> Iterator[str]:
    yield "["
    names = list(table.columns)
    for number, row in enumerate(table.rows(challenge)):
        plain = dict(zip(names, map(_plain, row), strict=True))
        yield (",\n" if number else "\n") + json.dumps(plain, ensure_ascii=False)
    yield "]"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _cell(value: Any) -> Any:
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, (dict, list)):
        plain = json.dumps(plain, ensure_ascii=False)
    return safe_cell(plain)


def _line(cells: Iterable[Any]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
