"""How fast a large audit log is sealed, verified and searched."""

import argparse
import resource
import time
from collections.abc import Callable
from typing import Any

from benchmarks.portal import fresh_database
from benchmarks.record import keep

FILL = """
INSERT INTO audit_event (at, name, actor_id, object_type, object_id, request_id, address, data)
SELECT now() - (%s - g) * interval '1 second',
  (array['images.image.opened', 'images.file.downloaded', 'archives.item.added',
         'execution.job.state_changed', 'accounts.user.signed_in'])[1 + g %% 5],
  1 + g %% 500, 'images.image', ('00000000-0000-0000-0000-' || lpad((g %% 20000)::text, 12, '0')),
  gen_random_uuid()::text, '192.0.2.' || (g %% 250),
  jsonb_build_object('before', 'QUEUED', 'after', 'RUNNING', 'number', g)
FROM generate_series(1, %s) g
"""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long ``work`` took, and its result."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def searches() -> dict[str, dict[str, Any]]:
    """What is looked for, by the name under which its time is told."""
    key = "00000000-0000-0000-0000-000000000007"
    return {
        "newest": {},
        "by_name": {"name": "archives.item.added"},
        "by_rare_name": {"name": "audit.log.exported"},
        "by_application": {"name": "images."},
        "by_actor": {"actor_id": 7},
        "by_object": {"object_id": key},
        "by_address": {"address": "192.0.2.7"},
        "by_unknown_address": {"address": "203.0.113.1"},
        "by_unknown_request": {"request_id": "nothing"},
    }


def page_times(count: int) -> dict[str, float]:
    """Return the milliseconds that a page of each search takes, and one in the middle."""
    from datetime import timedelta

    from django.utils import timezone

    from app.audit.models import Event
    from app.audit.selectors import Search, page_of_events, searched

    middle = timezone.now() - timedelta(seconds=count / 2)
    wanted = {
        name: searched(
            Event.objects.filter(**{k: v for k, v in given.items() if k == "actor_id"}),
            Search(**{k: v for k, v in given.items() if k != "actor_id"}),
        )
        for name, given in searches().items()
    }
    hour = Search(since=middle, until=middle + timedelta(hours=1))
    wanted["by_an_hour_long_ago"] = searched(Event.objects.all(), hour)
    wanted["until_long_ago"] = searched(Event.objects.all(), Search(until=middle))
    times = {}
    for name, events in wanted.items():
        page_of_events(events)
        times[name] = round(1000 * timed(lambda events=events: page_of_events(events))[0], 1)  # type: ignore[misc]
    half = timed(lambda: page_of_events(Event.objects.all(), before=count // 2))[0]
    times["page_in_the_middle"] = round(1000 * half, 1)
    return times


def measure(count: int) -> dict[str, Any]:
    """Fill, seal, verify, search."""
    from django.db import connection

    from app.audit.services import seal, sign_head, verify

    with connection.cursor() as cursor:
        cursor.execute(FILL, [count, count])
        cursor.execute("ANALYZE audit_event")
    sealing, done = timed(lambda: seal(max_seconds=3600))
    sign_head()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = verify()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_event")
    return {
        "events": count,
        "sealed_per_second": round(done.count / sealing),
        "verified_per_second": round(report.rate),
        "verified_sound": report.sound,
        "memory_grown_by_verifying_mb": round((after - before) / 1024, 1),
        "page_milliseconds": page_times(count),
    }


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    options = parser.parse_args()
    with fresh_database():
        found = measure(options.events)
    keep("audit-log", found)


if __name__ == "__main__":
    main()
