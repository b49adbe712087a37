"""What made people distrust other portals: each trap has tests that fail when we fall into it.

`trust_traps.json` maps a trap to the tests that hold it; docs/trust.md tells readers of them.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

from config.local.home import REPOSITORY

HERE = Path(__file__)
WRITTEN = (
    "challenges.leaderboards.test_trust_leaderboard",
    "challenges.test_trust_running",
    "test_trust_code",
)
TRAPS: dict[str, list[str]] = json.loads(HERE.with_name("trust_traps.json").read_text())


@pytest.mark.parametrize("trap", sorted(TRAPS))
def test_every_trap_has_tests_that_exist(trap: str) -> None:
    assert TRAPS[trap]
    for name in TRAPS[trap]:
        module, *path = name.split("::")
        found: object = importlib.import_module(f"tests.{module}")
        for part in path:
            assert part.startswith(("Test", "test_")), f"pytest does not collect {part}"
            found = getattr(found, part)
        assert callable(found), name
        assert module.rpartition(".")[2].startswith("test_")


def test_every_test_that_was_written_for_a_trap_is_named() -> None:
    named = {name for names in TRAPS.values() for name in names}
    for module in WRITTEN:
        found = importlib.import_module(f"tests.{module}")
        for where, part in [(module, vars(found))] + [
            (f"{module}::{name}", vars(one))
            for name, one in vars(found).items()
            if name.startswith("Test")
        ]:
            tests = {f"{where}::{name}" for name in part if name.startswith("test_")}
            assert tests <= named


def test_every_trap_is_in_the_documentation() -> None:
    text = (REPOSITORY / "docs" / "trust.md").read_text()
    assert [trap for trap in TRAPS if f"| {trap} |" not in text] == []
