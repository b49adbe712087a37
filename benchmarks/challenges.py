"""How long the pages of a large challenge take, and how many queries.

One phase of 1,000 submissions of 100 cases each, with scores, made in bulk; the median and the 95th
percentile of the server's time for each page. Its queries are all that it asks, those of the frame
that every page has too, which are beside it as ``base``. Garbage is collected as the server does.

    python -m benchmarks.challenges
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.challenges_data import furnish
from benchmarks.portal import fresh_database
from benchmarks.record import keep

MOST_QUERIES, MOST_MS = 5, 100


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--submissions", type=int, default=1000)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    with fresh_database():
        began = time.perf_counter()
        furnish(submissions=given.submissions, cases=given.cases)
        results = {
            "submissions": given.submissions,
            "cases of each": given.cases,
            "made in seconds": round(time.perf_counter() - began, 1),
        }
        keep("challenges", results | measure(rounds=given.rounds))


def measure(*, rounds: int) -> dict[str, Any]:
    """Return queries and times of every page, for an organizer and for a participant."""
    from django.urls import reverse

    from app.core.garbage import settle_in

    clients = signed_in()
    for _, name, address in addresses():
        clients[name].get(address)  # loads every view and template
    settle_in()
    base = {
        name: measure_page(client, reverse("challenges:propose"), rounds=rounds)["queries"]
        for name, client in clients.items()
    }
    pages = {
        f"{title}, {'organizer' if name == 'organizer' else 'participant'}": measure_page(
            clients[name], address, rounds=rounds
        )
        | {"base": base[name]}
        for title, name, address in addresses()
    }
    return {"goal": {"queries": MOST_QUERIES, "ms": MOST_MS}, "pages": pages}


def signed_in() -> dict[str, Any]:
    """Return the browsers of an organizer and of a participant, by user name."""
    from django.test import Client

    from app.accounts.models import User

    clients = {}
    for name in ("organizer", "person0"):
        clients[name] = Client(SERVER_NAME="localhost")
        clients[name].force_login(User.objects.get(username=name))
    return clients


def addresses() -> list[tuple[str, str, str]]:
    """Return the pages: their title, who looks at them, where they are."""
    from django.urls import reverse

    from app.challenges.models import Evaluation, Phase

    phase = Phase.objects.get()
    challenge = phase.challenge_id
    mine = Evaluation.objects.filter(submission__creator__username="person0", rank=1).get()
    both = (
        ("challenges", "list", ()),
        ("challenge", "detail", (challenge,)),
        ("leaderboard", "phase", (phase.pk,)),
        ("submissions", "submissions", (phase.pk,)),
        ("evaluation", "evaluation", (mine.pk,)),
        ("scores of a case", "case", (mine.pk, 1)),
        ("scores as CSV", "case_scores", (mine.pk,)),
        ("teams", "teams", (challenge,)),
        ("plots", "ranking_plots", (phase.pk,)),
        ("design", "design", (challenge,)),
        ("announcements", "announcements", (challenge,)),
        ("handing in", "submit", (phase.pk,)),
    )
    own = (
        ("people", "people", (challenge,)),
        ("setup", "setup_phase", (phase.pk,)),
        ("dashboard", "dashboard", (challenge,)),
        ("ranking settings", "edit_ranking", (phase.pk,)),
        ("more submissions", "grants", (phase.pk,)),
    )
    found = [
        (title, who, reverse(f"challenges:{name}", args=args))
        for who in ("organizer", "person0")
        for title, name, args in both
    ]
    return found + [
        (title, "organizer", reverse(f"challenges:{name}", args=args)) for title, name, args in own
    ]


def measure_page(client: Any, address: str, *, rounds: int) -> dict[str, Any]:
    """Return the queries of a page and the milliseconds until its last byte.

    ``processor`` is what this process itself worked of them: neither the database nor waiting for
    whatever else the machine does.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def fetch() -> None:
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if answer.status_code != 200 or not body:
            raise RuntimeError(f"{address} answered {answer.status_code}")

    fetch()
    with CaptureQueriesContext(connection) as captured:
        fetch()
    queries = len(captured)  # the next request forgets them
    began = time.process_time()
    found = spread([timed(fetch) for _ in range(rounds)])
    ours = (time.process_time() - began) * 1000 / rounds
    return {"queries": queries, **found, "processor": round(ours, 1)}


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds ``work`` took."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def spread(values: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    ordered = sorted(values)
    late = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(late, 1)}


if __name__ == "__main__":
    main()
