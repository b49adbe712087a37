"""A long line: nobody waits for one person's thousands, and everything stays quick."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from app.execution.contract.limits import GIB
from tests.execution.queue_trial import GOAL_MS, Trial, run_trial
from tests.factories.execution import job_kind

SEED = 20261127
SMALL = {"jobs": 300, "flood": 150, "people": 12, "past": 100, "newcomers": 8, "repeats": 2}


@pytest.fixture(autouse=True)
def allowed(settings: Settings, db: None) -> Iterator[None]:
    settings.JOB_MAX_CPUS, settings.JOB_MAX_GPUS = 8, 2
    settings.JOB_MAX_MEMORY_BYTES = 16 * GIB
    with job_kind():
        yield


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.django_db(transaction=True)
def test_a_long_line_delays_nobody() -> None:
    """`make accept ISSUE=queue` runs this with 10,000 jobs and holds the times to their goal."""
    asked = json.loads(os.environ.get("HOUNSFIELD_QUEUE_TRIAL", "{}"))
    report = asked.pop("report", "")
    found = run_trial(Trial(**({"seed": SEED, **asked} if asked else {"seed": SEED, **SMALL})))
    if report:
        Path(report).write_text(json.dumps(found))
        counts = "median" if os.getloadavg()[0] < (os.cpu_count() or 1) else "processors"
        found["goal"] = {"milliseconds": GOAL_MS, "held_by": counts}
        Path(report).write_text(json.dumps(found))
        slow = {
            name: took for name, took in found["milliseconds"].items() if took[counts] >= GOAL_MS
        }
        assert not slow, f"longer than {GOAL_MS:g} ms: {slow}"
