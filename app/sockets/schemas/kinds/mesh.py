"""Meshes as Wavefront OBJ, which is text."""

import math
from pathlib import Path

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

_WORDS = frozenset(
    """
    v vt vn vp f l p o g s mg usemtl mtllib cstype deg bmat step curv curv2 surf parm trim hole
    scrv sp end con bevel c_interp d_interp lod shadow_obj trace_obj ctech stech call csh
    """.split()  # noqa: SIM905
)
_LONGEST_LINE = 100_000


def check_obj(path: Path) -> None:
    """Raise `InvalidValue` unless the file has vertices and only lines that OBJ knows."""
    vertices = 0
    try:
        with path.open(encoding="utf-8") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                vertices += _check_line(line, number=number)
    except UnicodeDecodeError as error:
        raise InvalidValue("This is not an OBJ mesh: it is not text.") from error
    if not vertices:
        raise InvalidValue("The mesh has no vertices.")


def _check_line(line: str, *, number: int) -> bool:
    """Check one line; tell whether it is a vertex."""
    if not line.endswith("\n") and len(line) >= _LONGEST_LINE:
        raise InvalidValue(f"Line {number} is too long.")
    words = line.split("#", 1)[0].split()
    if not words:
        return False
    if words[0] not in _WORDS:
        raise InvalidValue(f"Line {number} does not begin with a word that OBJ knows.")
    if words[0] != "v":
        return False
    try:
        numbers = [float(word) for word in words[1:]]
    except ValueError:
        numbers = []
    if not 3 <= len(numbers) <= 7 or not all(map(math.isfinite, numbers)):
        raise InvalidValue(f"Line {number}: a vertex has three numbers.")
    return True


KINDS = (
    SocketKind(
        "OBJ",
        "OBJ file",
        SuperKind.FILE,
        extension=".obj",
        example="v 0 0 0\nv 10 0 0\nv 0 10 0\nf 1 2 3\n",
        check_file=check_obj,
        description="A surface mesh as Wavefront OBJ, in mm.",
        display=Display.FILE,
        icon="box",
        content_type="model/obj",
    ),
)
