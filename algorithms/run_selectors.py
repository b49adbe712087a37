"""Reading runs, batches, and what is said before anything is run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from algorithms.models import (
    Algorithm,
    AlgorithmInterface,
    AlgorithmMember,
    AlgorithmRun,
    AlgorithmVersion,
    BatchCase,
    RunBatch,
)
from algorithms.policies import BATCHES, RUNS
from algorithms.selectors import LONG_FIELDS, interfaces_of
from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound
from app.execution.contract import Limits
from app.execution.models import Job
from app.execution.selectors import expected_start, typical_duration
from app.execution.services import Comparison, compare_outputs, needs_of
from app.images.models import Import
from app.images.selectors import imports_for
from archives.models import ArchiveItem

CASE_STATES = ("WAITING", "ACTIVE", "SUCCEEDED", "FAILED", "CANCELLED", "SKIPPED", "REFUSED")
_ENDED = {Job.State.SUCCEEDED: "SUCCEEDED", Job.State.FAILED: "FAILED"}


@dataclass(frozen=True)
class Forecast:
    """When a run would start if it were sent off now, how long it takes, what it may use."""

    limits: Limits
    duration: timedelta | None
    wait: timedelta | None

    @property
    def at_once(self) -> bool:
        """Tell whether it need not wait for others."""
        return self.wait is not None and self.wait < timedelta(seconds=5)


def imports_behind(user: Any, run: AlgorithmRun) -> list[Import]:
    """Return the imports that a run waits for or that failed it, as far as ``user`` sees them."""
    job = run.job
    if job.state != Job.State.VALIDATING_INPUTS and job.reason_code != "input":
        return []
    return list(imports_for(user).filter(destination_id=job.pk).order_by("created"))


def forecast(version: AlgorithmVersion, *, user: User) -> Forecast:
    """Return what can be said of a run of ``user`` before it is started."""
    now, limits = timezone.now(), version.algorithm.limits_for()
    imagined = Job(
        creator=user,
        container_image=version.container_image,
        state=Job.State.QUEUED,
        created=now,
        priority=Job.Priority.INTERACTIVE,
        limits=limits.as_record(),
    )
    for name, value in needs_of(imagined).items():
        setattr(imagined, name, value)
    start = expected_start(imagined)
    return Forecast(
        limits=limits,
        duration=typical_duration(version.container_image),
        wait=None if start is None else start - now,
    )


def chosen_interface(algorithm: Algorithm, pk: str) -> AlgorithmInterface:
    """Return the interface with this key, the first one without a key; else raise `NotFound`."""
    for interface in interfaces_of(algorithm):
        if not pk or str(interface.pk) == pk:
            return interface
    raise NotFound


def own_runs(user: Any) -> QuerySet[AlgorithmRun]:
    """Return the try-outs that ``user`` started, with what a list of them shows."""
    found = AlgorithmRun.objects.filter(job__creator=user, try_out=True)
    return found.select_related("version__algorithm", "job__creator").defer(*LONG_FIELDS)


def chosen_runs(user: Any, keys: list[str]) -> list[AlgorithmRun]:
    """Return those of the user's own runs that the keys name; others are left out."""
    try:
        return list(own_runs(user).filter(pk__in=keys[:500]))
    except ValidationError:
        return []


def with_pictures(runs: QuerySet[AlgorithmRun]) -> QuerySet[AlgorithmRun]:
    """Return runs with the images of their inputs, for small pictures in a list."""
    return runs.prefetch_related("job__inputs__image__files")


@dataclass(frozen=True)
class Reproduction:
    """One more go at a run's job, and which outputs came out the same."""

    job: Job
    outputs: list[Comparison]

    @property
    def agrees(self) -> bool:
        """Tell whether everything came out the same."""
        return bool(self.outputs) and all(output.agrees for output in self.outputs)


def reproductions_of(run: AlgorithmRun) -> list[Reproduction]:
    """Return the latest goes at doing a run's job again, the newest first."""
    jobs = run.job.reproductions.select_related("reproduces").order_by("-created")[:3]
    return [Reproduction(job, compare_outputs(job)) for job in jobs]


def readers_of(run: AlgorithmRun) -> dict[str, Any]:
    """Return who sees a run, for the page to say."""
    role = AlgorithmMember.Role.EDITOR
    editors = AlgorithmMember.objects.filter(target=run.version.algorithm, role=role)
    return {
        "members": run.memberships.select_related("user").order_by("created"),
        "editor_count": editors.count() if run.for_editors else 0,
    }


def get_batch_for(user: Any, pk: UUID | str, *, action: str = "view") -> RunBatch:
    """Return the batch if ``user`` may do ``action`` with it, else raise `NotFound`."""
    batches = RunBatch.objects.select_related("version__algorithm", "version__container_image")
    return fetch(BATCHES, user=user, pk=pk, action=action, queryset=batches)


def own_batches(user: Any) -> QuerySet[RunBatch]:
    """Return the batches that ``user`` may see, the newest first, with numbers of their cases."""
    waiting = Q(cases__state=BatchCase.State.WAITING)
    return (
        BATCHES.visible_to(user)
        .filter(creator=user)
        .select_related("version__algorithm")
        .annotate(case_count=Count("cases"), waiting_count=Count("cases", filter=waiting))
    )


def cases_of(batch: RunBatch, state: str = "") -> QuerySet[BatchCase]:
    """Return a batch's cases with what the table shows; ``state`` is one of `CASE_STATES`."""
    found = batch.cases.select_related("item", "run__job", "run__version")
    found = found.defer(*(f"run__{name}" for name in LONG_FIELDS))
    found = found.prefetch_related("item__values__socket", "item__values__image__files")
    return found.filter(_of_state(state)) if state in CASE_STATES else found


def batch_counts(batch: RunBatch) -> Mapping[str, int]:
    """Return how many cases are in which of `CASE_STATES`."""
    counts = dict.fromkeys(CASE_STATES, 0)
    rows = batch.cases.order_by().values_list("state", "run__job__state")
    for state, job_state, count in rows.annotate(count=Count("pk")):
        counts[_word(state, job_state)] += count
    return counts


def items_matching(archive: Any, query: str) -> QuerySet[ArchiveItem]:
    """Return an archive's items whose title holds ``query``, with all that a plan looks at."""
    found: QuerySet[ArchiveItem] = archive.items.all()
    query = query.replace("\x00", "").strip()[:200]
    if query:
        found = found.filter(title__icontains=query)
    return found.prefetch_related("values__socket", "values__image")


def visible_runs(user: Any) -> QuerySet[AlgorithmRun]:
    """Return the runs that ``user`` may look at."""
    return RUNS.visible_to(user)


def _word(state: str, job_state: str | None) -> str:
    if state != BatchCase.State.STARTED:
        return state
    if job_state is None or job_state == Job.State.CANCELLED:
        return "CANCELLED"
    return _ENDED.get(Job.State(job_state), "ACTIVE")


def _of_state(state: str) -> Q:
    started = Q(state=BatchCase.State.STARTED)
    if state == "ACTIVE":
        ended = (Job.State.SUCCEEDED, Job.State.FAILED, Job.State.CANCELLED)
        return started & Q(run__isnull=False) & ~Q(run__job__state__in=ended)
    if state in ("SUCCEEDED", "FAILED"):
        return started & Q(run__job__state=state)
    if state == "CANCELLED":
        lost = Q(run=None) | Q(run__job__state=Job.State.CANCELLED)
        return Q(state=state) | (started & lost)
    return Q(state=state)
