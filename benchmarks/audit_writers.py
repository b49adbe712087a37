"""What the audit log costs when fifty people write at once.

Fifty threads, each with a connection of its own, commit transactions of three events for some
seconds: beside a change of a row of their own, with a millisecond of other work between (a view
does more than write). Compared are

- ``none``: the change alone;
- ``unchained``: our way, the events in the transaction of the change, while the sealer runs;
- ``chained_under_a_lock``: the naive way, each event chained in the transaction to the one before,
  under the lock that this needs until the commit.

The rounds alternate, so that a slow minute of the machine hits all of them.
"""

import argparse
import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.portal import fresh_database
from benchmarks.record import keep

EVENTS = 3
WORK_SECONDS = 0.001
Variant = Callable[[], None]


def no_audit() -> None:
    """Write no event."""
    time.sleep(WORK_SECONDS)


def unchained() -> None:
    """Write events as the portal does."""
    from app.audit.services import record

    for number in range(EVENTS):
        record("accounts.user.signed_in", obj=None, data={"number": number})
    time.sleep(WORK_SECONDS)


def chained_under_a_lock() -> None:
    """Write events each chained to the one before, in the transaction."""
    from django.db import connection

    from app.audit.canonical import GENESIS, SELECT, Row, chained
    from app.audit.services import record

    with connection.cursor() as cursor:
        for number in range(EVENTS):
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            record("accounts.user.signed_in", obj=None, data={"number": number})
            cursor.execute(f"{SELECT} WHERE id = currval('audit_event_id_seq')")
            row = Row(*cursor.fetchone())
            cursor.execute("SELECT position, hash FROM naive_seal ORDER BY position DESC LIMIT 1")
            position, digest = cursor.fetchone() or (0, GENESIS)
            cursor.execute(
                "INSERT INTO naive_seal VALUES (%s, %s)",
                [position + 1, chained(bytes(digest), row)],
            )
    time.sleep(WORK_SECONDS)


VARIANTS: dict[str, Variant] = {
    "none": no_audit,
    "unchained": unchained,
    "chained_under_a_lock": chained_under_a_lock,
}


def measure(variant: Variant, *, writers: int, seconds: float) -> dict[str, float]:
    """Return transactions per second and what a transaction took."""
    from django.db import connection, transaction

    taken: list[float] = []
    started = threading.Barrier(writers + 1)
    done = threading.Event()

    def write(number: int) -> None:
        own: list[float] = []
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        started.wait()
        while not done.is_set():
            begun = time.perf_counter()
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("UPDATE thing SET value = value + 1 WHERE id = %s", [number])
                variant()
            own.append(time.perf_counter() - begun)
        connection.close()
        taken.extend(own)

    threads = [threading.Thread(target=write, args=(n,), daemon=True) for n in range(writers)]
    for thread in threads:
        thread.start()
    started.wait()
    begun = time.perf_counter()
    time.sleep(seconds)
    done.set()
    for thread in threads:
        thread.join()
    passed = time.perf_counter() - begun
    cuts = statistics.quantiles(taken, n=100)
    return {
        "transactions_per_second": len(taken) / passed,
        "median_ms": cuts[49] * 1000,
        "p95_ms": cuts[94] * 1000,
    }


class Sealer:
    """Seals every two seconds in a process of its own, as the portal's worker does."""

    def __init__(self) -> None:
        from django.db import connection

        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        name = str(connection.settings_dict["NAME"])
        self._process = context.Process(target=keep_sealing, args=(name, theirs), daemon=True)

    def start(self) -> None:
        """Start, and wait until it is at work."""
        self._process.start()
        self._ours.recv()

    def stop(self) -> tuple[int, float]:
        """Stop after the run under way; return how many it sealed and the longest delay."""
        self._ours.send("stop")
        sealed, longest = self._ours.recv()
        self._process.join()
        return int(sealed), float(longest)


def keep_sealing(database: str, pipe: Any) -> None:
    """Seal until told to stop, and note how long the oldest event had waited each time."""
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from app.audit.models import Event, Seal
    from app.audit.services import seal

    connection.settings_dict["NAME"] = database
    sealed, longest = 0, 0.0
    pipe.send("ready")
    while not pipe.poll(2):
        last = Seal.objects.order_by("-position").values_list("event_id", flat=True).first()
        oldest = Event.objects.filter(id__gt=last or 0).order_by("id").first()
        sealed += seal().count
        if oldest is not None and Seal.objects.filter(event_id=oldest.pk).exists():
            longest = max(longest, (timezone.now() - oldest.at).total_seconds())
    pipe.send((sealed, longest))


def compare(*, writers: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Measure every variant in alternating rounds; return medians and ratios."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE thing (id int PRIMARY KEY, value int)")
        cursor.execute("INSERT INTO thing SELECT g, 0 FROM generate_series(0, %s) g", [writers])
        cursor.execute("CREATE TABLE naive_seal (position bigint PRIMARY KEY, hash bytea)")
    sealer = Sealer()
    sealer.start()
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in VARIANTS}
    for number in range(rounds):
        for name, variant in VARIANTS.items():
            found = measure(variant, writers=writers, seconds=seconds)
            runs[name].append(found)
            print(f"round {number + 1} {name}: {found['transactions_per_second']:.0f}/s")
    time.sleep(6)
    sealed, longest = sealer.stop()
    variants = {
        name: {key: round(statistics.median(run[key] for run in found), 2) for key in found[0]}
        for name, found in runs.items()
    }
    rate = {name: found["transactions_per_second"] for name, found in variants.items()}
    return {
        "writers": writers,
        "seconds_per_round": seconds,
        "rounds": rounds,
        "events_per_transaction": EVENTS,
        "variants": variants,
        "unchained_to_none": round(rate["unchained"] / rate["none"], 3),
        "chained_to_none": round(rate["chained_under_a_lock"] / rate["none"], 3),
        "unchained_to_chained": round(rate["unchained"] / rate["chained_under_a_lock"], 3),
        "sealed": sealed,
        "longest_seconds_until_sealed": round(longest, 2),
    }


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with fresh_database():
        found = compare(writers=options.writers, seconds=options.seconds, rounds=options.rounds)
    keep("audit", found)


if __name__ == "__main__":
    main()
