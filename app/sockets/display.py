"""How a value is shown: what its template needs, bounded whatever the value is."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.sockets.schemas import Display, SocketKind

MOST_ROWS = 50
MOST_COLUMNS = 8
LONGEST_CELL = 200
LONGEST_CHART = 500_000
_NUMBERS = re.compile(r"\[[-+0-9.eE,\s]+\]")
_COMMON = ("type", "name", "probability", "version")


@dataclass(frozen=True)
class Table:
    """Some rows of a value; ``left_out`` says how many more there are."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    left_out: int = 0


@dataclass(frozen=True)
class ShownData:
    """A JSON value as a big word, a table or a chart, whichever its kind and shape ask for."""

    text: str = ""
    items: Sequence[str] = ()
    table: Table | None = None
    chart: str = ""


def shown_data(value: Any, *, kind: SocketKind) -> ShownData:
    """Return how to show a JSON value; one that does not fit its kind is shown as plain data."""
    if kind.display is Display.CHART and isinstance(value, dict):
        return _chart(value)
    if kind.display is Display.GEOMETRY and isinstance(value, dict):
        try:
            return ShownData(table=_geometry(value, kind))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            return _data(value)  # stored before its schema was as strict as now
    return _data(value)


def _data(value: Any) -> ShownData:
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in islice(value, MOST_ROWS)):
            return ShownData(table=_table_of_objects(value))
        if all(not isinstance(item, (dict, list)) for item in islice(value, MOST_ROWS)):
            left_out = [f"and {len(value) - MOST_ROWS} more"] if len(value) > MOST_ROWS else []
            return ShownData(items=[cell(item) for item in value[:MOST_ROWS]] + left_out)
        return ShownData(table=_pairs(enumerate(value, start=1), count=len(value), head="No."))
    if isinstance(value, dict):
        return ShownData(table=_pairs(value.items(), count=len(value), head="Name"))
    return ShownData(text=cell(value, longest=10_000))


def _pairs(pairs: Any, *, count: int, head: str) -> Table:
    rows = [(cell(name), cell(item)) for name, item in islice(pairs, MOST_ROWS)]
    return Table(heads=(head, "Value"), rows=rows, left_out=max(0, count - MOST_ROWS))


def _table_of_objects(items: Sequence[Any]) -> Table:
    chosen = [item for item in items[:MOST_ROWS] if isinstance(item, dict)]
    names = list(dict.fromkeys(name for item in chosen for name in item))[:MOST_COLUMNS]
    rows = [[cell(item[name]) if name in item else "–" for name in names] for item in chosen]
    heads = [cell(name) for name in names]
    return Table(heads=heads, rows=rows, left_out=len(items) - len(chosen))


def _geometry(value: Mapping[str, Any], kind: SocketKind) -> Table:
    if kind.measure is None:
        name, matrix = next(iter(value.items()))
        return Table(heads=(name, "", "", "mm"), rows=[[number(n) for n in row] for row in matrix])
    found = value[kind.objects] if kind.objects else [value]
    rows = [_object(item, kind, place) for place, item in enumerate(found[:MOST_ROWS], start=1)]
    heads = ("Name", "Measure", "Coordinates (x, y, z in mm, LPS)", "Probability")
    filled = [n for n in range(len(heads)) if n in (0, 2) or any(row[n] for row in rows)]
    return Table(
        heads=[heads[n] for n in filled],
        rows=[[row[n] or "–" for n in filled] for row in rows],
        left_out=len(found) - len(rows),
    )


def _object(item: Mapping[str, Any], kind: SocketKind, place: int) -> list[str]:
    where = [_coordinates(part) for name, part in item.items() if name not in _COMMON]
    probability = item.get("probability")
    return [
        cell(item.get("name") or f"{place}"),
        kind.measure(item) if kind.measure else "",
        cell("; ".join(filter(None, where))),
        "" if probability is None else f"{probability:.0%}",
    ]


def _coordinates(part: Any) -> str:
    if not isinstance(part, list) or not part or isinstance(part[0], str):
        return ""
    if isinstance(part[0], list):
        return " ".join(filter(None, (_coordinates(child) for child in part[:MOST_COLUMNS])))
    return f"({', '.join(number(value) for value in part)})"


def _chart(spec: Mapping[str, Any]) -> ShownData:
    text = json.dumps(spec)
    data = spec.get("data")
    rows = data.get("values") if isinstance(data, dict) else None
    known = isinstance(rows, list) and rows and all(isinstance(r, dict) for r in rows[:MOST_ROWS])
    table = _table_of_objects(rows) if known else None  # type: ignore[arg-type]
    return ShownData(chart=text if len(text) <= LONGEST_CHART else "", table=table)


def number(value: float) -> str:
    """Return a number as people write it: no more digits than mean something."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def cell(value: Any, *, longest: int = LONGEST_CELL) -> str:
    """Return any JSON value as one short line."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value is None:
        return "–"
    if isinstance(value, (int, float)):
        return number(value)
    text = value if isinstance(value, str) else _start_of(value, longest)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _start_of(value: Any, longest: int) -> str:
    """Return the beginning of a value's JSON without writing all of it."""
    text = ""
    for piece in json.JSONEncoder(ensure_ascii=False).iterencode(value):
        text += piece
        if len(text) > longest:
            break
    return text


def written_json(value: Any) -> str:
    """Return a value as JSON that people can read: points stand on one line each."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _NUMBERS.sub(lambda found: " ".join(found.group().split()), text)
