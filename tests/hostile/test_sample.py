"""A fixed sample of the hostile containers in every run; `make accept ISSUE=hostile` plays all."""

from __future__ import annotations

import os

import pytest

from tests.hostile.arena import Arena
from tests.hostile.rows import Attack
from tests.hostile.table import CONTAINERS

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]

ALL = bool(os.environ.get("HOUNSFIELD_ALL_ATTACKS"))
PLAYED = [
    pytest.param(row, storage, id=f"{row.name}-{storage}")
    for row in CONTAINERS
    for storage in row.storages
    if ALL or row.sample
]


@pytest.mark.parametrize(("row", "storage"), PLAYED)
def test_an_attack_ends_as_it_should(row: Attack, arena: Arena) -> None:
    arena.fight(row)


def test_names_tell_rows_apart() -> None:
    names = [row.name for row in CONTAINERS]
    assert len(set(names)) == len(names)
