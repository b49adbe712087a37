"""Tables of comma-separated values (RFC 4180), in UTF-8."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

if TYPE_CHECKING:
    import _csv

_DELIMITERS = ",;\t"
MOST_COLUMNS = 100_000


def check_csv(path: Path) -> None:
    """Raise `InvalidValue` unless every row has as many cells as the first."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(1_000_000)
            file.seek(0)
            delimiter = max(_DELIMITERS, key=first.count)
            _check_rows(csv.reader(file, delimiter=delimiter, strict=True))
    except UnicodeDecodeError as error:
        raise InvalidValue("The table is not text in UTF-8.") from error
    except csv.Error as error:
        raise InvalidValue(f"The table cannot be read: {error}.") from error


def _check_rows(rows: "_csv.Reader") -> None:
    width = 0
    for row in rows:
        if any("\0" in cell for cell in row):
            raise InvalidValue(f"Line {rows.line_num} is not text.")
        if not row:
            continue
        width = width or len(row)
        if len(row) > MOST_COLUMNS:
            raise InvalidValue(f"The table has more than {MOST_COLUMNS} columns.")
        if len(row) != width:
            raise InvalidValue(f"Line {rows.line_num} has {len(row)} cells; the first has {width}.")
    if not width:
        raise InvalidValue("The table is empty.")


KINDS = (
    SocketKind(
        "CSV",
        "CSV file",
        SuperKind.FILE,
        extension=".csv",
        example="case,score\n1,0.91\n2,0.87\n",
        check_file=check_csv,
        description="A table as text in UTF-8; every row has the same number of cells.",
        display=Display.FILE,
        icon="table",
        content_type="text/csv",
    ),
)
