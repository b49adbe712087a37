"""What the runs of an algorithm amount to: how many, how they ended, how long they took."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count
from django.db.models.functions import TruncMonth

from algorithms.models import Algorithm, AlgorithmRun
from app.execution.models import Job
from app.execution.selectors import typical_duration

MONTHS = 12
REASONS = 8
State = Job.State
_WORDS = {
    "exit_code": "The container ended with an error",
    "out_of_memory": "Out of memory",
    "time_limit": "Time limit exceeded",
    "log_limit": "Too much log",
    "root_limit": "Too much written to its own file system",
    "process_limit": "Too many processes",
    "disk_full": "Disk full",
    "read_only": "Wrote to a read-only place",
    "network": "Tried to use the network",
    "entrypoint": "Could not be started",
    "not_ready": "Was not ready in time",
    "answer": "Did not answer as it should",
    "output": "An output was missing or not valid",
    "input": "An input could not be had",
    "platform": "Fault of the platform",
}


@dataclass(frozen=True)
class Month:
    """The runs of one month, by how they ended; ``share`` is of the busiest month, in percent."""

    month: date
    succeeded: int
    failed: int
    other: int
    share: int

    @property
    def total(self) -> int:
        """Return the number of runs."""
        return self.succeeded + self.failed + self.other


@dataclass(frozen=True)
class Failure:
    """A reason that runs failed for, and how many did."""

    label: str
    runs: int
    share: int


@dataclass(frozen=True)
class Figures:
    """All of it."""

    total: int
    succeeded: int
    failed: int
    typical: timedelta | None
    months: list[Month]
    failures: list[Failure]

    @property
    def success_share(self) -> int | None:
        """Return how many of the runs that came to an end succeeded, in percent."""
        ended = self.succeeded + self.failed
        return round(100 * self.succeeded / ended) if ended else None


def figures_of(algorithm: Algorithm) -> Figures:
    """Count an algorithm's runs; numbers alone, nothing of what was run on."""
    runs = AlgorithmRun.objects.filter(version__algorithm=algorithm).order_by()
    counted = runs.annotate(month=TruncMonth("created")).values("month", "job__state")
    by_month: dict[date, dict[str, int]] = {}
    for row in counted.annotate(runs=Count("pk")):
        states = by_month.setdefault(row["month"].date(), {})
        states[row["job__state"]] = row["runs"]
    totals = [sum(states.values()) for states in by_month.values()]
    states_of_all = list(by_month.values())
    return Figures(
        total=sum(totals),
        succeeded=sum(states.get(State.SUCCEEDED, 0) for states in states_of_all),
        failed=sum(states.get(State.FAILED, 0) for states in states_of_all),
        typical=typical_duration(Job.objects.filter(algorithm_run__in=runs)),
        months=_months(by_month, most=max(totals, default=1)),
        failures=_failures(algorithm),
    )


def _months(by_month: dict[date, dict[str, int]], *, most: int) -> list[Month]:
    rows = []
    for month, states in sorted(by_month.items(), reverse=True)[:MONTHS]:
        total = sum(states.values())
        done, failed = states.get(State.SUCCEEDED, 0), states.get(State.FAILED, 0)
        share = round(100 * total / most)
        rows.append(Month(month, done, failed, total - done - failed, share))
    return rows


def _failures(algorithm: Algorithm) -> list[Failure]:
    failed = AlgorithmRun.objects.filter(
        version__algorithm=algorithm, job__state=State.FAILED
    ).order_by()
    counted = failed.values("job__reason_code").annotate(runs=Count("pk")).order_by("-runs")
    rows = list(counted[:REASONS])
    most = max((row["runs"] for row in rows), default=1)
    return [
        Failure(_words(row["job__reason_code"]), row["runs"], round(100 * row["runs"] / most))
        for row in rows
    ]


def _words(code: str) -> str:
    return _WORDS.get(code) or code.replace("_", " ").capitalize() or "Unknown"
