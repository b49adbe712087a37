"""Small tables and plans for tests."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from app.challenges.ranking import ScoreTable, parse_plan, rank, read_scores


def csv_of(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["task", "case", "algorithm", "metric", "value"])
    writer.writerows(rows)
    return out.getvalue().encode()


def table_of(
    scores: Mapping[str, Sequence[object]], *, metric: str = "dice", task: str = "t"
) -> ScoreTable:
    """One task: each algorithm's scores in cases c00, c01, …; None is missing."""
    return read_scores(csv_of(rows_of(scores, metric=metric, task=task)))


def rows_of(
    scores: Mapping[str, Sequence[object]], *, metric: str = "dice", task: str = "t"
) -> list[list[object]]:
    return [
        [task, f"c{case:02}", algorithm, metric, "" if value is None else value]
        for algorithm, values in scores.items()
        for case, value in enumerate(values)
    ]


def plan_of(*schemes: dict[str, Any], direction: str = "higher", **more: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "metrics": {"dice": {"direction": direction}},
        "schemes": list(schemes) or [{"kind": "absolute", "metric": "dice", "name": "s"}],
        **more,
    }


def ranked(
    scores: Mapping[str, Sequence[object]], scheme: dict[str, Any], **more: Any
) -> dict[str, dict[str, Any]]:
    """The results of one scheme for one task."""
    plan = parse_plan(plan_of({"metric": "dice", "name": "s", **scheme}, **more))
    found: dict[str, dict[str, Any]] = rank(plan, table_of(scores))["s"]["t"]
    return found


def pick(results: Mapping[str, Mapping[str, Any]], key: str) -> dict[str, Any]:
    return {algorithm: entry[key] for algorithm, entry in results.items()}
