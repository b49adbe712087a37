"""What CI looks at of a long list of like checks: a fixed part; a plain run looks at all of it."""

import os
from typing import TypeVar
from zlib import crc32

T = TypeVar("T")
CI = os.environ.get("CI") == "true"


def chosen(name: str, *, one_of: int) -> bool:
    """Say whether a check runs here: in CI one in ``one_of`` does, always the same."""
    return not CI or crc32(name.encode()) % one_of == 0


def in_ci_one(name: str, values: tuple[T, ...]) -> tuple[T, ...]:
    """Return all values, or in CI the one that ``name`` stands for."""
    return (values[crc32(name.encode()) % len(values)],) if CI else values
