"""The rules of the DICOM half and what converters get silently wrong: each row has tests.

`rules.json` and `traps.json` map a row to the tests that fail without it.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest


def _table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name(name).read_text())
    return found


EXPECTED = _table("expected.json")
ROWS: dict[str, list[str]] = _table("rules.json") | _table("traps.json")


@pytest.mark.parametrize("row", sorted(ROWS))
def test_every_row_has_tests_that_exist(row: str) -> None:
    assert ROWS[row]
    for name in ROWS[row]:
        module, test = name.split("[")[0].split("::")
        assert callable(getattr(importlib.import_module(f"{__package__}.{module}"), test))


def test_every_sample_a_row_names_is_in_the_table() -> None:
    named = {name.split("[")[1].rstrip("]") for row in ROWS.values() for name in row if "[" in name}
    assert named <= set(EXPECTED)
