"""Killing anything at any moment loses and doubles nothing: a whole portal under a seeded plan.

At least 200 jobs and 20 evaluations with real containers, while parts of the portal are killed
inside every state and on both sides of every move. `CHAOS_SEED` repeats a run's plan.
"""

import os
import random
from typing import Any

from tests.chaos.plan import all_goals
from tests.chaos.portal import Pace
from tests.chaos.run import Scale, run_chaos

SCALE = Scale(
    jobs=200,
    entries=20,
    spare_entries=20,
    most_jobs=400,
    pace=Pace(lease=20, reconcile=4, visibility=60),
)


def run(record: dict[str, Any], *, broker: str = "redis") -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    run_chaos(record, broker=broker, goals=all_goals(), scale=SCALE, seed=seed)
