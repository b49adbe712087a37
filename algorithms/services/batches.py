"""Batches: many cases of an archive, started one after the other as caps and credits allow."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from algorithms.models import (
    AlgorithmInterface,
    AlgorithmRun,
    AlgorithmVersion,
    BatchCase,
    RunBatch,
    Stage,
)
from algorithms.policies import ALGORITHMS
from algorithms.selectors import interface_of
from algorithms.services.batch_ends import end_if_done, finish_batch
from algorithms.services.credits import ACTIVE, allowance, refund_faults
from algorithms.services.planning import CasePlan, Given, plan_cases
from algorithms.services.starting import NewRun, start_runs, stored
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import LimitReached, NotFound, PortalError
from app.core.ids import new_id
from app.core.states import transition
from app.core.tasks import enqueue_on_commit
from app.execution.models import Job
from app.execution.services import cancel_job
from archives.models import Archive
from archives.policies import ARCHIVES

logger = logging.getLogger(__name__)
FEED = "algorithms.tasks.feed_batch"
AT_ONCE = 50  # cases looked at in one go; the next go follows by itself
State = BatchCase.State


@dataclass(frozen=True)
class BatchPlan:
    """What a batch will do, said before it is started."""

    to_run: Sequence[CasePlan]
    done_before: Sequence[CasePlan]
    impossible: Sequence[CasePlan]


def sort_plans(plans: Sequence[CasePlan], *, again: bool) -> BatchPlan:
    """Part the cases into those to run, those that ran already, and those that cannot."""
    possible = [plan for plan in plans if plan.possible]
    return BatchPlan(
        to_run=[plan for plan in possible if again or plan.earlier is None],
        done_before=[] if again else [plan for plan in possible if plan.earlier is not None],
        impossible=[plan for plan in plans if not plan.possible],
    )


@transaction.atomic
def start_batch(
    *,
    actor: User,
    version: AlgorithmVersion,
    interface: AlgorithmInterface,
    archive: Archive,
    plans: Sequence[CasePlan],
    given: Given | None = None,
    again: bool = False,
    pk: UUID | None = None,
) -> RunBatch:
    """Make the batch; cases that cannot run or ran already are written down with the reason.

    Whoever chooses its key may ask twice and starts it once.
    """
    what = {"version": version, "interface": interface, "archive": archive}
    batch, is_new = RunBatch.objects.get_or_create(
        pk=pk or new_id(), defaults={"creator": actor, "title": archive.title, **what}
    )
    if batch.creator_id != actor.pk:
        raise NotFound
    if not is_new:
        return batch
    batch.values.set([stored(value) for value in (given or {}).values()])
    cases = [_case(batch, plan, number, again) for number, plan in enumerate(plans, start=1)]
    BatchCase.objects.bulk_create(cases)
    if not any(case.state == State.WAITING for case in cases):
        finish_batch(batch)
    record("algorithms.batch.started", obj=batch, actor=actor, data={"cases": len(cases)})
    enqueue_on_commit(FEED, batch.pk)
    return batch


@transaction.atomic
def feed_batch(pk: UUID | str) -> int:
    """Start as many waiting cases as may start now; return how many were started.

    Where nothing is left to start or to wait for, the batch is done and its creator hears of it.
    """
    batch = RunBatch.objects.select_for_update().filter(pk=pk).first()
    if batch is None:
        return 0
    started = 0
    if batch.cases.filter(state=State.WAITING).exists():
        trouble = _trouble(batch)
        if trouble:
            for case in batch.cases.filter(state=State.WAITING):
                transition(case, State.REFUSED, reason=trouble[:300])
        else:
            started = _start_some(batch)
    if not started:
        end_if_done(batch)
    return started


@transaction.atomic
def cancel_batch(*, actor: User, batch: RunBatch) -> int:
    """Cancel what waits and stop what runs; what is done stays. Returns how many were stopped."""
    RunBatch.objects.select_for_update().get(pk=batch.pk)
    waiting = list(batch.cases.filter(state=State.WAITING))
    for case in waiting:
        transition(case, State.CANCELLED, actor=actor, reason="Cancelled before it started.")
    running = Job.objects.filter(
        algorithm_run__batch_cases__batch=batch,
        algorithm_run__batch_cases__state=State.STARTED,
        state__in=ACTIVE,
    ).distinct()
    count = len(waiting)
    for job in running:
        cancel_job(actor=actor, job=job)
        count += 1
    record("algorithms.batch.cancelled", obj=batch, actor=actor, data={"cases": count})
    return count


@transaction.atomic
def rerun_failed(*, actor: User, batch: RunBatch) -> int:
    """Let the cases whose runs failed or were cancelled wait for another run."""
    RunBatch.objects.select_for_update().get(pk=batch.pk)
    ended = Q(run__job__state__in=(Job.State.FAILED, Job.State.CANCELLED), state=State.STARTED)
    cases = list(batch.cases.filter(ended | Q(state=State.CANCELLED)))
    for case in cases:
        transition(case, State.WAITING, actor=actor)
    if cases:
        RunBatch.objects.filter(pk=batch.pk).update(finished_at=None)
    enqueue_on_commit(FEED, batch.pk)
    return len(cases)


def reconcile_batches() -> None:
    """Feed every batch that is not done; credits and places come back by themselves."""
    refund_faults()
    for pk in RunBatch.objects.filter(finished_at=None).values_list("pk", flat=True):
        try:
            feed_batch(pk)
        except Exception:
            logger.exception("Could not feed the batch %s.", pk)


def obstacle_of(batch: RunBatch) -> LimitReached | None:
    """Return why the next waiting case cannot start now, or nothing."""
    return allowance(user=batch.creator, version=batch.version).obstacle


def _case(batch: RunBatch, plan: CasePlan, number: int, again: bool) -> BatchCase:
    case = BatchCase(batch=batch, item=plan.item, number=number, title=plan.item.title)
    if not plan.possible:
        case.state, case.reason = State.REFUSED, plan.problem[:300]
    elif plan.earlier is not None and not again:
        case.state, case.run = State.SKIPPED, plan.earlier
        case.reason = "This version ran on the same inputs before."
    return case


def _trouble(batch: RunBatch) -> str:
    """Why nothing more of a batch may run; rights are asked anew, since they may be gone."""
    creator, archive = batch.creator, batch.archive
    if not batch.version.is_ready:
        return f"Version {batch.version.number} can no longer run."
    if batch.version.stage == Stage.RETIRED:
        return f"Version {batch.version.number} was retired and runs no more."
    if batch.interface is not None and batch.interface.withdrawn_at is not None:
        return "The interface was withdrawn and takes no more runs."
    if not creator.is_active or not ALGORITHMS.allows(creator, batch.version.algorithm, "run"):
        return "You may no longer run this algorithm."
    if archive is None or not ARCHIVES.allows(creator, archive, "use"):
        return "You may no longer use this archive."
    return ""


def _start_some(batch: RunBatch) -> int:
    interface = batch.interface or interface_of(batch.version.algorithm)
    free = min(allowance(user=batch.creator, version=batch.version).startable, AT_ONCE)
    cases = batch.cases.filter(state=State.WAITING).select_related("item")
    chosen = list(cases.prefetch_related("item__values__socket", "item__values__image")[:free])
    given = {value.socket_id: value for value in batch.values.select_related("socket", "image")}
    started = 0
    for case in chosen:
        try:
            started += _start(batch, interface, case, given)
        except LimitReached:
            break
    if chosen and len(chosen) == free:  # cases that were refused left their places free
        enqueue_on_commit(FEED, batch.pk)
    return started


def _start(batch: RunBatch, interface: AlgorithmInterface, case: BatchCase, given: Given) -> int:
    """Start one case; what cannot start says why. Returns the number of runs started."""
    if case.item is None or case.item.archive_id != batch.archive_id:
        transition(case, State.REFUSED, reason="The case is no longer in the archive.")
        return 0
    plan = plan_cases(
        user=batch.creator,
        version=batch.version,
        interface=interface,
        items=[case.item],
        given=given,
    )[0]
    if not plan.possible:
        transition(case, State.REFUSED, reason=plan.problem[:300])
        return 0
    new = NewRun(case.title, plan.values, item=case.item)
    try:
        with transaction.atomic():
            run = _one(batch, interface, new)
    except LimitReached:
        raise
    except PortalError as error:
        transition(case, State.REFUSED, reason=error.message[:300])
        return 0
    transition(case, State.STARTED, run=run)
    return 1


def _one(batch: RunBatch, interface: AlgorithmInterface, new: NewRun) -> AlgorithmRun:
    runs = start_runs(
        actor=batch.creator,
        version=batch.version,
        interface=interface,
        new=[new],
        priority=Job.Priority.BATCH,
    )
    return runs[0]
