"""Whether a stored value is what its VR says, and values that stand in for removed ones.

Kept values are checked byte by byte, since readers forgive what may hide text: a number with words
behind it, a code string with a name in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pydicom.valuerep import PersonName

SIZES: Final = {
    "US": 2,
    "SS": 2,
    "UL": 4,
    "SL": 4,
    "FL": 4,
    "FD": 8,
    "SV": 8,
    "UV": 8,
    "AT": 4,
    "OW": 2,
    "OF": 4,
    "OD": 8,
    "OL": 4,
    "OV": 8,
}
"""Bytes of one value of the binary VRs."""

BULK: Final = frozenset({"OB", "OW", "OF", "OD", "OL", "OV"})
TEXT: Final = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
DATES: Final = frozenset({"DA", "DT", "TM"})
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_INTEGER = re.compile(rb"[+-]?\d{1,12}")
_CODE = re.compile(rb"[A-Za-z0-9_ ./+*:%()#&-]{0,16}")
_AGE = re.compile(rb"\d{3}[DWMY]")
_LONG_NUMBER = re.compile(rb"\d{6}")
_ENUMERATED: Final = {"DS": _NUMBER, "IS": _NUMBER, "CS": _CODE, "AS": _AGE}

DUMMIES: Final[dict[str, Any]] = {
    "AE": "REMOVED",
    "AS": "000Y",
    "AT": 0,
    "CS": "REMOVED",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "FD": 0.0,
    "FL": 0.0,
    "IS": "0",
    "LO": "REMOVED",
    "LT": "REMOVED",
    "OB": b"\0\0",
    "OD": bytes(8),
    "OF": bytes(4),
    "OL": bytes(4),
    "OV": bytes(8),
    "OW": b"\0\0",
    "PN": "REMOVED",
    "SH": "REMOVED",
    "SL": 0,
    "SS": 0,
    "ST": "REMOVED",
    "SV": 0,
    "TM": "000000",
    "UC": "REMOVED",
    "UL": 0,
    "UR": "REMOVED",
    "US": 0,
    "UT": "REMOVED",
    "UV": 0,
}
"""VR -> a valid value that says nothing."""


def is_safe(vr: str, value: bytes) -> bool:
    """Tell whether the stored bytes are numbers or terms of the VR and nothing else."""
    pattern = _ENUMERATED.get(vr)
    if pattern is None:
        size = SIZES.get(vr)
        return vr == "OB" or (size is not None and len(value) % size == 0)
    parts = [part.strip(b" \0") for part in value.split(b"\\")]
    if not all(not part or pattern.fullmatch(part) for part in parts):
        return False
    return vr != "CS" or not _LONG_NUMBER.search(value)


def is_plain_text(value: bytes) -> bool:
    """Tell whether stored text has no control characters but line ends, tab and escapes."""
    return not any(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in value.rstrip(b"\0"))


def as_bytes(value: object) -> bytes | None:
    """Return a value that was set in Python as text bytes, None when it has another form."""
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (str, int, float, PersonName)):
        parts: list[object] = [value]
    elif isinstance(value, Sequence):
        parts = list(value)
    else:
        return None
    return "\\".join(str(part) for part in parts).encode("utf-8", "surrogateescape")
