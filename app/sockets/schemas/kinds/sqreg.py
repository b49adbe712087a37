"""Registrations of whole slides as SQLite files; only the header is looked at, nothing is run.

Source: sqlite.org/fileformat2.html, 1.3.
"""

from pathlib import Path

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

_MAGIC = b"SQLite format 3\0"


def check_sqreg(path: Path) -> None:
    """Raise `InvalidValue` unless the file is a whole number of pages with SQLite's header."""
    with path.open("rb") as file:
        header = file.read(100)
    page = int.from_bytes(header[16:18], "big")
    page = 65_536 if page == 1 else page
    if not header.startswith(_MAGIC) or page < 512 or page & (page - 1):
        raise InvalidValue("This is not an SQLite file.")
    if path.stat().st_size % page:
        raise InvalidValue("This SQLite file is cut off.")


KINDS = (
    SocketKind(
        "SQREG",
        "SQREG file",
        SuperKind.FILE,
        extension=".sqreg",
        check_file=check_sqreg,
        description="The registration of two slides, as an SQLite file.",
        display=Display.FILE,
        icon="database",
        content_type="application/vnd.sqlite3",
    ),
)
