"""JSON with one spelling: the same content is the same bytes on every machine."""

import json
import math
from typing import Any

DIGITS = 12
"""Significant digits of results: the last bits of libraries' functions stay out of them."""


def canonical_json(document: Any) -> bytes:
    """Return ``document`` as UTF-8 with sorted keys, no spaces, and a line end."""
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode() + b"\n"


def rounded(value: Any) -> Any:
    """Return results for JSON: NaN is null, whole numbers are integers, others have 12 digits."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else _short(value)
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return value


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
