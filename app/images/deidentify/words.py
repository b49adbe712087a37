"""Clean short texts: only words of the field stay.

Nobody can tell a name from a word by looking at it, so a text is not searched for what is
dangerous: whatever is not in the vocabulary goes.
"""

from __future__ import annotations

import functools
import re
from importlib import resources

_PARTS = re.compile(r"[A-Za-z][A-Za-z0-9]*|\d+(?:[.,]\d+)?")
_KERNEL = re.compile(r"[A-Za-z]{1,3}\d{1,3}[A-Za-z]{0,2}|[A-Z]{1,2}")
_MOST_DIGITS = 3


def cleaned(text: str) -> str:
    """Return the known words and short numbers of a text, in their order."""
    known = _vocabulary()
    found = []
    for part in _PARTS.findall(text):
        if part[0].isdigit():
            if len(part) <= _MOST_DIGITS:
                found.append(part)
        elif part.lower() in known:
            found.append(part)
    return " ".join(found)


def cleaned_kernel(text: str) -> str:
    """Return the names of reconstruction kernels (B31f, UB, STANDARD) in a text."""
    parts = [part.strip(" \0") for part in text.split("\\")]
    if all(_KERNEL.fullmatch(part) or (part and cleaned(part) == part) for part in parts):
        return "\\".join(parts)
    return ""


def are_terms(text: str) -> bool:
    """Tell whether each value of a code string is a term, or made of known words."""
    parts = [part.strip(" \0").upper() for part in text.split("\\")]
    return all(not part or part in _terms() or cleaned(part) == part for part in parts)


@functools.cache
def _terms() -> frozenset[str]:
    path = resources.files("app.images.deidentify").joinpath("data", "terms.txt")
    return frozenset(path.read_text("utf-8").splitlines())


@functools.cache
def _vocabulary() -> frozenset[str]:
    path = resources.files("app.images.deidentify").joinpath("data", "vocabulary.txt")
    lines = path.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
