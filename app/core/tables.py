"""Tables on their way to spreadsheets and programs, small enough to be made at once."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from django.http import HttpResponse

from app.core.streaming import TABLE_TYPES
from app.core.text import safe_cell


def csv_text(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a CSV that spreadsheets read as UTF-8 and run nothing of; `None` is an empty cell."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    for row in (header, *rows):
        writer.writerow([safe_cell("" if cell is None else cell) for cell in row])
    return "\ufeff" + buffer.getvalue()


def table_answer(body: str | bytes, *, filename: str) -> HttpResponse:
    """Return ``body`` as a file to keep, which no cache does; its ending is in `TABLE_TYPES`."""
    answer = HttpResponse(body, content_type=TABLE_TYPES[filename.rpartition(".")[2]])
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["Cache-Control"] = "no-store"
    return answer
