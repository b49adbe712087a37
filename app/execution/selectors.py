"""Reading jobs and workers."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from app.execution.models import Job, Worker

ALIVE = timedelta(seconds=45)
JOB_QUEUE = "jobs-cpu"


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


def live_workers() -> QuerySet[Worker]:
    """Return the workers that gave a sign of life lately."""
    return Worker.objects.filter(last_seen__gte=timezone.now() - ALIVE)


def has_engine() -> bool:
    """Tell whether a live worker can run containers."""
    return live_workers().filter(queues__contains=[JOB_QUEUE], has_engine=True).exists()


def queue_place(job: Job) -> int | None:
    """Return the job's place in the queue, the next one being 1; ``None`` unless it waits."""
    if job.state != Job.State.QUEUED:
        return None
    return Job.objects.filter(state=Job.State.QUEUED, created__lt=job.created).count() + 1


def waiting_reason(job: Job) -> Waiting | None:
    """Return why a queued job cannot start, or ``None`` when it only waits its turn."""
    if job.state != Job.State.QUEUED or has_engine():
        return None
    workers = live_workers().filter(queues__contains=[JOB_QUEUE])
    found = workers.first()
    if found is None:
        return Waiting(
            "Waiting for a worker",
            "No worker that runs containers has reported in the last minute.",
            "An administrator has to start one; the run then begins by itself.",
        )
    return Waiting(
        "Waiting for a worker with a container engine",
        found.engine,
        "An administrator has to install Docker or Podman on a worker; "
        "the run then begins by itself.",
    )


def engine_report() -> EngineReport:
    """Return what the workers said of their container engine."""
    workers = list(live_workers().filter(queues__contains=[JOB_QUEUE]))
    if not workers:
        return EngineReport(settled=False, detail="no worker for jobs has reported")
    best = max(workers, key=lambda worker: worker.has_engine)
    return EngineReport(settled=True, detail=best.engine)
