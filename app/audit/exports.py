"""Events as files, made while they are sent: memory does not grow with the log."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from django.db.models import Max, QuerySet

from app.audit.models import Event
from app.core.text import safe_cell

CHUNK = 2000
FIELDS = (
    "id",
    "at",
    "name",
    "actor_id",
    "actor",
    "object_type",
    "object_id",
    "request_id",
    "address",
    "data",
)


def exported(events: QuerySet[Event], *, ending: str) -> Iterator[str]:
    """Yield a CSV or JSON file of the events there are now, the oldest first."""
    last = events.order_by().aggregate(last=Max("id"))["last"] or 0
    yield _head(ending)
    after, first = 0, True
    while rows := _rows(events, after=after, last=last):
        yield _csv(rows) if ending == "csv" else _json(rows, first=first)
        after, first = rows[-1]["id"], False
    if ending == "json":
        yield "\n]\n"


def _rows(events: QuerySet[Event], *, after: int, last: int) -> list[dict[str, Any]]:
    found = events.filter(id__gt=after, id__lte=last).order_by("id").select_related("actor")
    return [_row(event) for event in found[:CHUNK]]


def _row(event: Event) -> dict[str, Any]:
    plain = {name: getattr(event, name) for name in FIELDS if name != "actor"}
    plain["at"] = event.at.isoformat()
    plain["actor"] = event.actor.username if event.actor_id and event.actor else None
    return {name: plain[name] for name in FIELDS}


def _head(ending: str) -> str:
    return "\ufeff" + ",".join(FIELDS) + "\r\n" if ending == "csv" else "[\n"


def _csv(rows: list[dict[str, Any]]) -> str:
    buffer = StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        spelled = {**row, "data": json.dumps(row["data"], ensure_ascii=False)}
        writer.writerow(safe_cell("" if spelled[f] is None else spelled[f]) for f in FIELDS)
    return buffer.getvalue()


def _json(rows: list[dict[str, Any]], *, first: bool) -> str:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return lines if first else f",\n{lines}"
