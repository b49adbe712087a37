"""The ``Range`` header (RFC 9110 section 14), single ranges only."""

import re

_SINGLE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")


class RangeNotSatisfiable(Exception):
    """The range begins after the end of the file."""


def parse_range(header: str, *, size: int) -> tuple[int, int] | None:
    """Return ``(start, length)``, or None when the whole file is to be sent.

    Several ranges at once and anything malformed are ignored, as the standard allows.
    """
    found = _SINGLE.fullmatch(header.strip())
    if not found or found[1] == found[2] == "":
        return None
    if found[1] == "":
        length = min(int(found[2]), size)
        if length == 0:
            raise RangeNotSatisfiable
        return size - length, length
    start = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return start, last - start + 1
