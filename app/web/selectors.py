"""What an operator looks at: workers, lines, and what went wrong lately."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from algorithms.models import AlgorithmRun
from app.challenges.models import Evaluation, EvaluationCase
from app.core.errors import NotFound
from app.design.units import memory_words
from app.execution.contract import UNTOLD
from app.execution.models import Job, Worker
from app.execution.models.job import JOB_QUEUES
from app.execution.selectors import ALIVE, QueueLength, expected_start, live_workers, queue_lengths

LATELY = timedelta(days=1)
OVERDUE = timedelta(minutes=2)
NEEDED = ("short", "imports", "slices", "evaluations", "audit")
SHOWN_FAULTS = 10
SHOWN_RUNS = 4
STANDINGS = (
    ("", "All workers"),
    ("working", "Working"),
    ("drained", "Draining"),
    ("lost", "Lost"),
    ("ended", "Ended"),
)


@dataclass(frozen=True)
class HeldJob:
    """A job in the hands of a worker; ``address`` leads to what it is part of, if we know."""

    job: Job
    title: str
    address: str


@dataclass(frozen=True)
class WorkerRow:
    """A worker with all that its row shows."""

    worker: Worker
    standing: str
    tone: str
    icon: str
    advice: str
    runs: Sequence[HeldJob]
    more_runs: int
    has: str
    free: str

    @property
    def button_id(self) -> str:
        """Keeps the focus where it is while the page renews itself."""
        return f"drain-{slugify(self.worker.name)}"

    @property
    def takes_jobs(self) -> bool:
        """Tell whether it is one that could be drained."""
        return bool(set(JOB_QUEUES) & set(self.worker.queues))


@dataclass(frozen=True)
class Line:
    """One queue of jobs, and when a job that is sent now would start (None: nobody knows)."""

    length: QueueLength
    expected: datetime | None

    @property
    def advice(self) -> str:
        """What to do about it, empty when all is well."""
        if not self.length.waiting:
            return ""
        if not self.length.workers:
            return f"No worker with an engine takes from {self.length.queue}. Start one there."
        if self.length.unplaceable:
            return (
                f"{self.length.unplaceable} of them ask for more than any worker has. Start a "
                "larger worker, or lower the limits of these algorithms."
            )
        return ""


@dataclass(frozen=True)
class Troubles:
    """What an operator should look into."""

    overdue: int
    unread: int
    faults: int
    latest: Sequence[HeldJob]
    unserved: Sequence[str]


def operator_workers(user: Any) -> QuerySet[Worker]:
    """Return all workers for the portal's staff; for everybody else there is no such thing."""
    if not (user.is_active and (user.is_staff or user.is_superuser)):
        raise NotFound
    return Worker.objects.all()


def standing_of(standing: str) -> Q:
    """Return the condition of workers of one of the `STANDINGS`."""
    alive = Q(last_seen__gte=timezone.now() - ALIVE)
    return {
        "working": alive & Q(draining=False, stopping=False),
        "drained": alive & (Q(draining=True) | Q(stopping=True)),
        "lost": ~alive & Q(stopping=False),
        "ended": ~alive & Q(stopping=True),
    }.get(standing, Q())


def by_need(workers: QuerySet[Worker]) -> QuerySet[Worker]:
    """Add ``need``: the lost first, then those that work, those that ended last."""
    order = [
        When(standing_of(name), then=Value(number))
        for number, name in enumerate(("lost", "drained", "working", "ended"))
    ]
    return workers.annotate(need=Case(*order, default=Value(9), output_field=IntegerField()))


@dataclass(frozen=True)
class WorkerCounts:
    """How many workers there are in every standing, and those that can run jobs."""

    working: int
    drained: int
    lost: int
    ended: int
    able: int


def worker_counts(workers: QuerySet[Worker]) -> WorkerCounts:
    """Count workers by standing, in one query."""
    names = ("working", "drained", "lost", "ended")
    wanted = {name: Count("pk", filter=standing_of(name)) for name in names}
    for_jobs = Q(queues__overlap=list(JOB_QUEUES), has_engine=True)
    wanted["able"] = Count("pk", filter=standing_of("working") & for_jobs)
    return WorkerCounts(**workers.aggregate(**wanted))


def worker_rows(workers: Iterable[Worker], *, viewer: Any) -> list[WorkerRow]:
    """Return what to show of these workers; a handful of queries however many they are."""
    found = list(workers)
    names = [worker.name for worker in found]
    held = Job.objects.filter(state__in=Job.HELD, worker__in=names)
    jobs = list(held.select_related("creator").defer("log").order_by("started_at"))
    shown = {job.pk: job for job in jobs}
    described = {one.job.pk: one for one in described_jobs(shown.values(), viewer=viewer)}
    by_worker: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_worker[job.worker].append(job)
    return [_row(worker, by_worker[worker.name], described) for worker in found]


def _row(worker: Worker, jobs: Sequence[Job], described: Mapping[Any, HeldJob]) -> WorkerRow:
    standing, tone, icon, advice = _standing(worker)
    has, free = _room(worker, jobs)
    runs = [described[job.pk] for job in jobs]
    return WorkerRow(
        worker=worker,
        standing=standing,
        tone=tone,
        icon=icon,
        advice=advice,
        runs=runs[:SHOWN_RUNS],
        more_runs=max(0, len(runs) - SHOWN_RUNS),
        has=has,
        free=free,
    )


def _standing(worker: Worker) -> tuple[str, str, str, str]:
    """How it stands: a word, a tone, an icon, and what to do."""
    alive = worker.last_seen >= timezone.now() - ALIVE
    takes_jobs = set(JOB_QUEUES) & set(worker.queues)
    if not alive and worker.stopping:
        return "Ended", "neutral", "square", ""
    if not alive:
        return "Lost", "danger", "unplug", "Look at its machine and log, and start it again."
    if worker.stopping:
        return "Ending", "busy", "loader-circle", ""
    if takes_jobs and not worker.has_engine:
        return "No engine", "danger", "circle-x", worker.engine
    if worker.draining:
        return "Draining", "warning", "circle-pause", "It finishes what it has and takes no more."
    return "Working", "success", "circle-check", ""


def _room(worker: Worker, jobs: Sequence[Job]) -> tuple[str, str]:
    """What it has, and what of that nobody uses."""
    left = worker.capacity
    if left == UNTOLD:
        return "", ""
    has = _words(left)
    for job in jobs:
        left = left.minus(cpus=job.cpus, memory=job.memory, devices=job.devices)
    return has, _words(left)


def _words(capacity: Any) -> str:
    parts = [f"{capacity.cpus:g} CPUs", memory_words(capacity.memory)]
    if gpus := [size for size in capacity.gpus if size]:
        parts.append(f"{len(gpus)} GPU{'s' if len(gpus) > 1 else ''}")
    return ", ".join(parts)


def described_jobs(jobs: Iterable[Job], *, viewer: Any) -> list[HeldJob]:
    """Return jobs with a name and the page they belong to, which administrators may open."""
    found = list(jobs)
    pages = _pages([job.pk for job in found]) if viewer.is_superuser else {}
    names = {"algorithm": "Run", "challenge-case": "Test case"}
    return [
        HeldJob(
            job=job,
            title=names.get(job.kind, job.kind.replace("-", " ").capitalize()),
            address=pages.get(job.pk, ""),
        )
        for job in found
    ]


def _pages(keys: Sequence[Any]) -> dict[Any, str]:
    """The page of the run or evaluation that each job belongs to."""
    pages = {}
    for job, run in AlgorithmRun.objects.filter(job__in=keys).values_list("job", "pk"):
        pages[job] = reverse("algorithms:run", args=[run])
    parts = EvaluationCase.objects.filter(job__in=keys).values_list("job", "evaluation")
    whole = Evaluation.objects.filter(job__in=keys).values_list("job", "pk")
    for job, evaluation in (*parts, *whole):
        pages[job] = reverse("challenges:evaluation", args=[evaluation])
    return pages


def lines() -> list[Line]:
    """Return the queues of jobs, each with when a new job would start."""
    return [Line(length, _expected(length)) for length in queue_lengths()]


def _expected(length: QueueLength) -> datetime | None:
    """When the last one in the line starts; a new job comes right after it."""
    if not length.waiting:
        return None
    wants_gpu = {"gpus__gt": 0} if length.queue == JOB_QUEUES[1] else {"gpus": 0}
    waiting = Job.objects.filter(state=Job.State.QUEUED, **wants_gpu).defer("log")
    last = waiting.order_by("-created").first()
    return expected_start(last) if last else None


def troubles(*, viewer: Any) -> Troubles:
    """Return what is stuck, what failed by our fault lately, and which queues nobody serves."""
    now = timezone.now()
    platform = Job.objects.filter(
        state=Job.State.FAILED, reason_code="platform", finished_at__gte=now - LATELY
    )
    latest = platform.select_related("creator").defer("log").order_by("-finished_at")
    served = {queue for worker in live_workers() for queue in worker.queues}
    stale = Q(lease_expires_at__lt=now - OVERDUE)
    return Troubles(
        overdue=Job.objects.filter(stale, state__in=Job.RUNNING).count(),
        unread=Job.objects.filter(handled=False, finished_at__lt=now - OVERDUE).count(),
        faults=platform.count(),
        latest=described_jobs(latest[:SHOWN_FAULTS], viewer=viewer),
        unserved=[queue for queue in NEEDED if queue not in served],
    )
