"""Trees in Newick format: brackets, names and lengths, closed by a semicolon."""

import re
from pathlib import Path

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import MEBIBYTE, Display, SocketKind, SuperKind

_PIECE = re.compile(r"'(?:[^']|'')*'|\[[^\]]*\]|[(),:;]|[^\s(),:;'\[\]]+|\s+|.", re.DOTALL)


def check_newick(path: Path) -> None:
    """Raise `InvalidValue` unless the brackets match and each tree ends with a semicolon."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise InvalidValue("This is not a Newick tree: it is not text.") from error
    if not text.endswith(";"):
        raise InvalidValue("A Newick tree ends with “;”.")
    depth, length_next = 0, False
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece.isspace() or piece.startswith("["):
            if piece == "[":
                raise InvalidValue("A comment is not closed.")
            continue
        if length_next and not _is_number(piece):
            raise InvalidValue(f"“{piece[:40]}” at {match.start()} is not a length.")
        length_next = piece == ":"
        depth += (piece == "(") - (piece == ")")
        if depth < 0 or piece == "'" or (piece == ";" and depth):
            raise InvalidValue(f"The brackets do not match at character {match.start()}.")


def _is_number(piece: str) -> bool:
    try:
        float(piece)
    except ValueError:
        return False
    return True


KINDS = (
    SocketKind(
        "NEWCK",
        "Newick tree-format file",
        SuperKind.FILE,
        extension=".newick",
        example="((A:0.1,B:0.2):0.3,C:0.4);\n",
        check_file=check_newick,
        description="A tree of descent in Newick format.",
        display=Display.FILE,
        icon="git-fork",
        max_size=32 * MEBIBYTE,
        content_type="text/plain",
    ),
)
