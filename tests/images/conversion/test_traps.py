"""What converters are known to get silently wrong: each trap has tests, see `traps.json`."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

TRAPS: dict[str, list[str]] = json.loads(Path(__file__).with_name("traps.json").read_text())
EXPECTED = json.loads(Path(__file__).with_name("expected.json").read_text())


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_every_trap_has_tests_that_exist(trap: str) -> None:
    assert TRAPS[trap]
    for name in TRAPS[trap]:
        module, test = name.split("[")[0].split("::")
        assert callable(getattr(importlib.import_module(f"{__package__}.{module}"), test))


def test_every_sample_a_trap_names_is_in_the_table() -> None:
    named = {
        name.split("[")[1].rstrip("]") for row in TRAPS.values() for name in row if "[" in name
    }
    assert named <= set(EXPECTED)
