"""Reading jobs and workers."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Min, Q, QuerySet
from django.utils import timezone

from app.execution.logs import shown
from app.execution.models import ContainerImage, Endpoint, Job, Worker
from app.execution.models.job import JOB_QUEUES
from app.execution.needs import capacity_words, needed, needs_words
from app.execution.queueing import Line, in_queue, line_before, queued, suitable

ALIVE = timedelta(seconds=45)
MEASURED = 50
MEASURED_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Waiting:
    """Why a job waits for something else than its turn, and what to do."""

    title: str
    text: str
    advice: str


@dataclass(frozen=True)
class EngineReport:
    """Whether it is known if containers can run: yes, or no with the reason."""

    settled: bool
    detail: str


@dataclass(frozen=True)
class QueueLength:
    """How long the line before the workers of one queue is, and who works on it.

    ``unplaceable`` counts the jobs that no live worker could take even if it had nothing to do.
    """

    queue: str
    waiting: int
    running: int
    oldest: datetime | None
    workers: int
    unplaceable: int = 0


def live_workers() -> QuerySet[Worker]:
    """Return the workers that gave a sign of life lately."""
    return Worker.objects.filter(last_seen__gte=timezone.now() - ALIVE)


def job_workers() -> QuerySet[Worker]:
    """Return the live workers that are there for jobs, with or without an engine."""
    return live_workers().filter(queues__overlap=list(JOB_QUEUES))


def jobs_held_by(worker: Worker) -> QuerySet[Job]:
    """Return the jobs that a worker has in hand, the one that it has longest first."""
    held = Job.objects.filter(state__in=Job.HELD, worker=worker.name)
    return held.select_related("creator", "container_image").order_by("started_at")


def queue_lengths() -> list[QueueLength]:
    """Return how long the line is for each of the queues of jobs."""
    able = list(job_workers().filter(has_engine=True))
    return [_length(queue, able) for queue in JOB_QUEUES]


def _length(queue: str, able: Sequence[Worker]) -> QueueLength:
    placeable = Q(pk__in=())
    for worker in able:
        placeable |= suitable(worker)
    waiting = queued().filter(in_queue(queue))
    found = waiting.aggregate(
        count=Count("pk"), oldest=Min("created"), able=Count("pk", filter=placeable)
    )
    return QueueLength(
        queue=queue,
        waiting=found["count"],
        running=Job.objects.filter(in_queue(queue), state__in=Job.HELD).count(),
        oldest=found["oldest"],
        workers=sum(queue in worker.queues for worker in able),
        unplaceable=found["count"] - found["able"],
    )


def has_engine() -> bool:
    """Tell whether a live worker can run containers."""
    return job_workers().filter(has_engine=True).exists()


@dataclass(frozen=True)
class Prospects:
    """A waiting job's place in the line, the next one being 1, and about when it starts.

    Both are nothing for a job that does not wait; the start also where nobody can know.
    """

    place: int | None = None
    start: datetime | None = None


def prospects(job: Job) -> Prospects:
    """Return where a job stands.

    As things are now: whoever comes later and has fewer jobs in hand may still get in before.
    """
    if job.state != Job.State.QUEUED or job.endpoint_id is not None:
        return Prospects()
    line = line_before(job)
    return Prospects(place=line.place, start=_start_behind(line, job))


def queue_place(job: Job) -> int | None:
    """Return the job's place in the line, the next one being 1; ``None`` unless it waits."""
    waits = job.state == Job.State.QUEUED and job.endpoint_id is None
    return line_before(job).place if waits else None


def typical_duration(of: ContainerImage | QuerySet[Job]) -> timedelta | None:
    """Return the middle of the durations of the latest successful runs, if there are any.

    ``of`` is what they ran, or the jobs themselves. From taking a job up to its last result.
    """
    jobs = of.jobs.all() if isinstance(of, ContainerImage) else of
    spans = (
        jobs.filter(state=Job.State.SUCCEEDED)
        .exclude(kind=Endpoint.KIND)
        .order_by("-finished_at")
        .values_list("started_at", "finished_at")[:MEASURED]
    )
    seconds = [(end - start).total_seconds() for start, end in spans if start and end]
    return timedelta(seconds=statistics.median(seconds)) if seconds else None


def expected_start(job: Job) -> datetime | None:
    """Return about when a waiting job starts, or ``None`` where nobody can know."""
    return prospects(job).start


def _start_behind(line: Line, job: Job) -> datetime | None:
    """Return about when a job starts that stands at the end of a line.

    What runs and what stands before it takes as long as the same containers took lately (else
    the same kind of job, else any), shared by the workers that could run it.
    """
    slots = sum(worker.slots for worker in _able_workers(job))
    if not slots:
        return None
    now, expected = timezone.now(), _Durations()
    spans: list[timedelta | None] = []
    busy = Job.objects.filter(in_queue(job.queue), state__in=Job.HELD).order_by()
    rows = list(busy.values_list("container_image", "kind", "started_at"))
    if len(rows) >= slots or line.place > 1:
        for image, kind, started in rows:
            span = expected.of(image, kind)
            spans.append(span and max(span - (now - (started or now)), timedelta()))
    for person, image, kind, count in line.groups:
        if ahead := line.ahead.get(person):
            span = expected.of(image, kind)  # of a person's jobs a part counts as their mixture
            spans.append(span and span * count * ahead / line.waiting[person])
    if None in spans:
        return None
    return now + sum(filter(None, spans), timedelta()) / slots


def _able_workers(job: Job) -> list[Worker]:
    """Return the live workers that could run a job if they had nothing else to do."""
    workers = job_workers().filter(has_engine=True, draining=False, stopping=False)
    return [worker for worker in workers if could_run(worker, job)]


def could_run(worker: Worker, job: Job) -> bool:
    """Tell whether a worker has what a job needs."""
    return job.queue in worker.queues and worker.capacity.fits(needed(job, worker.capacity))


def job_log(job: Job, *, after: int = 0) -> tuple[str, int]:
    """Return the log behind position ``after``, and the position of its end.

    Of a long log the beginning and the end are kept; the text says how much is missing.
    """
    return shown(job.log, size=job.log_size, after=after)


class _Durations:
    """Means of the last month: by container image, by kind, over all. One query each, at most."""

    def __init__(self) -> None:
        lately = timezone.now() - MEASURED_FOR
        self._done = Job.objects.filter(
            state=Job.State.SUCCEEDED, started_at__isnull=False, finished_at__gte=lately
        ).exclude(kind=Endpoint.KIND)
        self._found: dict[str, dict[object, timedelta]] = {}

    def of(self, image: object, kind: str) -> timedelta | None:
        """Return how long such a job takes, by the closest that is known."""
        by_image, by_kind = self._means("container_image"), self._means("kind")
        known = by_image.get(image) or by_kind.get(kind)
        if known is None and by_kind:
            known = sum(by_kind.values(), timedelta()) / len(by_kind)
        return known

    def _means(self, field: str) -> dict[object, timedelta]:
        if field not in self._found:
            spans = self._done.order_by().values_list(field)
            self._found[field] = dict(spans.annotate(mean=Avg(F("finished_at") - F("started_at"))))
        return self._found[field]


def waiting_reason(job: Job) -> Waiting | None:
    """Return why a queued job cannot start, or ``None`` when it only waits its turn."""
    if job.endpoint_id is not None:
        return _waiting_for_container(job)
    if job.state != Job.State.QUEUED or _able_workers(job):
        return None
    workers = list(job_workers())
    if not workers:
        return Waiting(
            "Waiting for a worker",
            "No worker that runs containers has reported in the last minute.",
            "An administrator has to start one; the run then begins by itself.",
        )
    equipped = [worker for worker in workers if worker.has_engine]
    if not equipped:
        return Waiting(
            "Waiting for a worker with a container engine",
            workers[0].engine,
            "An administrator has to install Docker or Podman on a worker; "
            "the run then begins by itself.",
        )
    if any(could_run(worker, job) for worker in equipped):
        return Waiting(
            "Waiting for a worker that takes jobs",
            "Every worker that could run it is being taken out of service.",
            "An administrator has to let one take jobs again, or start another one; "
            "the run then begins by itself.",
        )
    return _too_large(job, equipped)


def _waiting_for_container(call: Job) -> Waiting | None:
    """Return why a call is not taken yet, if its container is not up."""
    endpoint = call.endpoint if call.state == Job.State.QUEUED else None
    if endpoint is None or endpoint.state == Endpoint.State.RUNNING:
        return None
    return Waiting(
        "Waiting for your warm container",
        f"It is {endpoint.get_state_display().lower()}.",
        "The call is answered as soon as it is up.",
    )


def _too_large(job: Job, workers: Sequence[Worker]) -> Waiting:
    """Return what no worker has, and what there is instead."""
    served = [worker.capacity for worker in workers if job.queue in worker.queues]
    if not served:
        return Waiting(
            "Waiting for a worker with GPUs" if job.gpus else "Waiting for a worker",
            f"No worker takes jobs from the queue {job.queue}.",
            f"An administrator has to start a worker with --queues {job.queue}; "
            "the run then begins by itself.",
        )
    have = "; ".join(sorted({capacity_words(capacity) for capacity in served}))
    return Waiting(
        "Waiting for a larger worker",
        f"No worker has {needs_words(job)}. There is: {have}.",
        "An administrator can start a worker that has it, or lower what may be asked for "
        "(JOB_MAX_MEMORY_MB, JOB_MAX_GPUS); an editor can lower the limits of the algorithm. "
        "The run then begins by itself.",
    )


def engine_report() -> EngineReport:
    """Return what the workers said of their container engine."""
    workers = list(job_workers())
    if not workers:
        return EngineReport(settled=False, detail="no worker for jobs has reported")
    best = max(workers, key=lambda worker: worker.has_engine)
    return EngineReport(settled=True, detail=best.engine)
