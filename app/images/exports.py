"""The account of an import's files as a CSV or JSON file."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from app.core.text import safe_cell
from app.images.models import Import, ImportFile

FIELDS = ("file", "outcome", "code", "message", "advice", "image")


def exported_files(source: Import, *, ending: str) -> Iterator[str]:
    """Yield the file piece by piece; spreadsheets find no formula in it."""
    rows = shown_files(source).select_related("image").order_by("path", "pk")
    rows = rows.iterator(chunk_size=1000)
    if ending == "csv":
        yield "\ufeff" + ",".join(FIELDS) + "\r\n"
        yield from (_csv(row) for row in rows)
        return
    yield "[\n"
    for number, row in enumerate(rows):
        yield (",\n" if number else "") + json.dumps(as_row(row), ensure_ascii=False)
    yield "\n]\n"


def shown_files(source: Import) -> Any:
    """Return the files of an import without the archives that were opened."""
    return source.files.exclude(outcome=ImportFile.Outcome.OPENED)


def as_row(file: ImportFile) -> dict[str, str | None]:
    """Return one file as plain values; an image in quarantine is nobody's yet."""
    return {
        "file": file.path,
        "outcome": file.outcome,
        "code": file.code,
        "message": file.message,
        "advice": file.advice,
        "image": str(file.published_image_id) if file.published_image_id else None,
    }


def _csv(file: ImportFile) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(safe_cell(value or "") for value in as_row(file).values())
    return buffer.getvalue()
