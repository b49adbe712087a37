"""One strike of each kind at a whole portal with a handful of jobs, in an order chance decides."""

import json
from typing import Any

import pytest

from app.execution.executors.loop import loop_is_possible
from tests.chaos.plan import one_of_each
from tests.chaos.portal import Pace
from tests.chaos.run import Scale, run_chaos

pytestmark = [
    pytest.mark.docker,
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not loop_is_possible(), reason="a container engine of its own needs root"),
]
SEED = 20261126
SCALE = Scale(
    jobs=12,
    entries=1,
    pace=Pace(lease=8, reconcile=2, visibility=20),
    strike_for=240,
    drain_for=180,
)


def test_killing_everything_once_loses_and_doubles_nothing() -> None:
    record: dict[str, Any] = {}
    try:
        run_chaos(record, broker="redis", goals=one_of_each(), scale=SCALE, seed=SEED)
    finally:
        print(json.dumps(record, indent=1))
    assert len(record["strikes"]) >= len(one_of_each()) - 1
