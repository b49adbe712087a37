"""A leaderboard of 1,000 entrants with 100,000 submissions: its page, and what a new result takes.

The page for an organizer and a participant (queries beside those of every page, milliseconds of the
server); ranking after one entrant's result, and all again; the plan's ranking, computed off the
request path. Only the submissions that count have cases: no others' are read.

    python -m benchmarks.leaderboard
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.challenges import measure_page, signed_in, spread, timed
from benchmarks.challenges_data import furnish
from benchmarks.portal import fresh_database
from benchmarks.record import keep

GOAL = {"queries": 3}


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=500, help="as many more take part alone")
    parser.add_argument("--submissions", type=int, default=100_000)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    sizes = {"teams": given.teams, "submissions": given.submissions, "cases": given.cases}
    with broker(), fresh_database():
        made = seconds(lambda: furnish(**sizes, with_cases=2 * given.teams))
        results = {"entrants": 2 * given.teams, **sizes, "made in seconds": made, "goal": GOAL}
        keep("leaderboard", results | measure(rounds=given.rounds))


@contextmanager
def broker() -> Iterator[None]:
    """Have somebody take what ranking sends off."""
    from config.local.servers import private_valkey

    home = tempfile.TemporaryDirectory(prefix="hounsfield-bench-")
    with home as folder, private_valkey(Path(folder)) as url:
        os.environ["BROKER_URL"] = url
        yield


def measure(*, rounds: int) -> dict[str, Any]:
    """Return what ranking takes, and the page after it."""
    from django.urls import reverse

    from app.challenges.models import Evaluation, Phase
    from app.challenges.services import compute_ranking
    from app.challenges.services.leaderboard import rerank

    phase = Phase.objects.get()
    worst = Evaluation.objects.filter(rank__isnull=False).order_by("-rank").first()
    entrant = worst.submission.competes_as_id if worst else None
    one = [timed(lambda: rerank(phase, entrant_id=entrant)) for _ in range(rounds)]
    found: dict[str, Any] = {
        "ranked after one entrant's result, ms": spread(one),
        "ranked all again, s": seconds(lambda: rerank(phase)),
        "the plan's ranking computed, s": seconds(lambda: compute_ranking(phase)),
    }
    page, plain = reverse("challenges:phase", args=[phase.pk]), reverse("challenges:propose")
    for name, client in signed_in().items():
        every = measure_page(client, plain, rounds=1)["queries"]
        shown = measure_page(client, page, rounds=rounds)
        found[f"page, {name}"] = {**shown, "queries": shown["queries"] - every}
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return how many seconds ``work`` took."""
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 2)


if __name__ == "__main__":
    main()
