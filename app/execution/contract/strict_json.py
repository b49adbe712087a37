"""JSON written by strangers, as a value that a database can hold.

NaN and the infinities become null (the reference system does the same); NUL characters, lone
surrogates, absurd numbers and deep nesting are refused, because PostgreSQL or the parser itself
would fall over them later.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# A string may also end with the document: otherwise an unclosed one is searched again and again.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.S)
_OPENING = (b"[", b"{")


def parse_json_strict(content: bytes, *, max_depth: int) -> Any:
    """The value of a JSON document in UTF-8.

    Raises
    ------
    ValueError
        With a short sentence for the author.
    """
    _check_depth(content, max_depth=max_depth)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error
    value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    _check_strings(value)
    return value


def _check_depth(content: bytes, *, max_depth: int) -> None:
    """Counts brackets outside of strings, so that the recursive parser is never reached."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(content):
        token = match.group()
        if token in _OPENING:
            depth += 1
            if depth > max_depth:
                raise ValueError(f"it is nested more than {max_depth} deep")
        elif not token.startswith(b'"'):
            depth -= 1


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _check_strings(value: Any) -> None:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, str) and _UNSTORABLE.search(item):
            raise ValueError("a text in it holds characters that cannot be stored")
