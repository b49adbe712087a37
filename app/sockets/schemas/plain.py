"""What JSON from outside has to be before any rule is asked: storable, and not without end."""

import math
import re
from typing import Any

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.wording import path_of

MAX_DEPTH = 64
MOST_NODES = 2_000_000
MOST_DIGITS = 300
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NO_TEXT = "has NUL characters or lone surrogates, which cannot be stored"


class TooManyParts(InvalidValue):
    """A value of more parts than are looked at."""

    def __init__(self, message: str, *, most: int) -> None:
        self.most = most
        super().__init__(message)


def check_plain(value: Any, *, most: int = MOST_NODES) -> None:
    """Refuse what is too deep, no JSON, or of more than ``most`` parts; walks without recursion.

    Neither names nor texts may hold what no database takes: NUL characters, half characters.
    """
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(value, ())]
    nodes = 0
    while waiting:
        node, path = waiting.pop()
        nodes += 1
        if nodes > most:
            advice = "; give it as a file" if most == MOST_NODES else ""
            raise TooManyParts(f"The value has more than {most} parts{advice}.", most=most)
        if len(path) > MAX_DEPTH:
            raise InvalidValue(f"The value is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(node, dict):
            if any(_UNSTORABLE.search(name) for name in node):
                raise InvalidValue(f"A name in it {_NO_TEXT}.", field=path_of(path))
            waiting.extend((child, (*path, name)) for name, child in node.items())
        elif isinstance(node, list):
            waiting.extend((child, (*path, index)) for index, child in enumerate(node))
        else:
            _check_leaf(node, path)


def _check_leaf(leaf: Any, path: tuple[Any, ...]) -> None:
    if isinstance(leaf, float) and not math.isfinite(leaf):
        problem = "Not-a-number and infinity are not JSON; use null."
    elif isinstance(leaf, int) and not isinstance(leaf, bool) and abs(leaf) >= 10**MOST_DIGITS:
        problem = f"A number has at most {MOST_DIGITS} digits."
    elif isinstance(leaf, str) and _UNSTORABLE.search(leaf):
        problem = f"A text in it {_NO_TEXT}."
    else:
        return
    raise InvalidValue(problem, field=path_of(path))
