"""A fixed sample of the hostile containers in every run; `make accept ISSUE=hostile` plays all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.factories.engines import FileServer
from tests.hostile.archives import ARCHIVES, HostileArchive
from tests.hostile.arena import Arena, refuse
from tests.hostile.canary import canary
from tests.hostile.rows import Attack
from tests.hostile.served import ServedAttack, withstand
from tests.hostile.table import CONTAINERS, SERVING

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]

ALL = bool(os.environ.get("HOUNSFIELD_ALL_ATTACKS"))
PLAYED = [
    pytest.param(row, storage, id=f"{row.name}-{storage}")
    for row in CONTAINERS
    for storage in row.storages
    if ALL or row.sample
]

STAYING_UP = [
    pytest.param(row, storage, id=f"{row.name}-{storage}")
    for row in SERVING
    for storage in row.storages
    if ALL or row.sample
]


@pytest.mark.parametrize(("row", "storage"), PLAYED)
def test_an_attack_ends_as_it_should(row: Attack, arena: Arena) -> None:
    arena.fight(row)


@pytest.mark.parametrize(("row", "storage"), STAYING_UP)
def test_an_attack_of_a_container_that_stays_up_ends_as_it_should(
    row: ServedAttack, arena: Arena
) -> None:
    withstand(arena, row)


@pytest.mark.parametrize(
    "row", [row for row in ARCHIVES if ALL or row.sample], ids=lambda row: str(row.name)
)
def test_an_archive_is_refused(row: HostileArchive, tmp_path: Path) -> None:
    refuse(row, folder=tmp_path)


def test_names_tell_rows_apart() -> None:
    names = [row.name for row in (*CONTAINERS, *ARCHIVES)]
    names += [row.name for row in SERVING]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("storage", ["host"])
def test_rows_played_at_the_same_time_have_users_of_their_own(
    arena: Arena, files: FileServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with canary(tmp_path_factory.mktemp("other")) as found:
        other = Arena(found, files, storage="engine")
        assert arena.uid_of("row") != other.uid_of("row")
        assert arena.uid_of("row") == arena.uid_of("row") != arena.uid_of("another row")
