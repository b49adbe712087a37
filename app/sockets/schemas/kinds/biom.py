"""Tables of observations in BIOM format (biom-format.org): JSON in version 1, HDF5 in version 2."""

import json
from pathlib import Path

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import MEBIBYTE, Display, SocketKind, SuperKind

_HDF5 = b"\x89HDF\r\n\x1a\n"
_WANTED = ("rows", "columns", "shape", "data")


def check_biom(path: Path) -> None:
    """Raise `InvalidValue` unless the file is HDF5, or the JSON that version 1 describes."""
    with path.open("rb") as file:
        if file.read(len(_HDF5)) == _HDF5:
            return
    try:
        table = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidValue("This is not a BIOM table.") from error
    if not isinstance(table, dict) or not all(name in table for name in _WANTED):
        raise InvalidValue(f"A BIOM table has {', '.join(_WANTED)}.")
    shape = [len(table[name]) if isinstance(table[name], list) else -1 for name in _WANTED[:2]]
    if table["shape"] != shape:
        raise InvalidValue("The shape of the table is not that of its rows and columns.")


KINDS = (
    SocketKind(
        "BIOM",
        "BIOM format",
        SuperKind.FILE,
        extension=".biom",
        check_file=check_biom,
        description="A table of observations by sample.",
        display=Display.FILE,
        icon="dna",
        max_size=64 * MEBIBYTE,
    ),
)
