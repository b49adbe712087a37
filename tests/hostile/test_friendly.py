"""Containers as people make them work; the largest only with `make accept ISSUE=hostile`."""

from __future__ import annotations

import os

import pytest

from tests.factories.engines import FileServer
from tests.hostile.arena import Arena
from tests.hostile.friendly import FRIENDLY, Friendly

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
ALL = bool(os.environ.get("HOUNSFIELD_ALL_ATTACKS"))


@pytest.mark.parametrize("storage", ["host", "engine"])
@pytest.mark.parametrize(
    "container", [one for one in FRIENDLY if ALL or not one.big], ids=lambda one: str(one.name)
)
def test_a_friendly_container_works(container: Friendly, arena: Arena, files: FileServer) -> None:
    arena.welcome(container)
