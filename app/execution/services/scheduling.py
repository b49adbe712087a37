"""Who gets which job when.

A message of the broker only says that there is work. Which job a worker gets is decided here, in
the database: what fits what the worker has free, in the order of `app.execution.queueing`.

Messages may get lost, and a worker that has no room uses one up for nothing. Such a worker is
noted as hungry: from then on whoever makes room in it, and every job that it does get, sends
another message. The reconciler finds those who wait beside work without any message.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.core.hints import hint
from app.core.states import move_locked
from app.core.tasks import enqueue_on_commit
from app.execution import queueing
from app.execution.contract import UNTOLD, Capacity, Limits
from app.execution.models import Job, Worker
from app.execution.models.job import CPU_QUEUE
from app.execution.selectors import job_workers, live_workers
from app.execution.services.pools import WORK

TASK = "app.execution.tasks.run_job"
LEASE = timedelta(seconds=settings.LEASE_SECONDS)
OVERDUE = timedelta(seconds=settings.RECONCILE_SECONDS * 2 / 3)
PATIENCE = timedelta(minutes=10)
State = Job.State


def nudge(job: Job) -> None:
    """Tell the workers of the job's queue that there is work, once the transaction committed."""
    enqueue_on_commit(TASK, job.pk, queue=job.queue)


@transaction.atomic
def next_job(
    *, worker: Worker | str, pool: str | None = None, devices: Collection[int] | None = None
) -> Job | None:
    """Claim the job whose turn it is among those that fit this worker, or return ``None``.

    With ``pool`` only jobs of that pool come into question; ``devices`` are then the GPUs that
    its warm container has, and no others are given. The worker's row is locked first, so that
    two of its processes cannot fill the same room; another worker's claims of the same jobs are
    skipped. A worker that never gave a sign of life has no bounds that we know, and no GPU.
    """
    name = worker if isinstance(worker, str) else worker.name
    row = Worker.objects.select_for_update().filter(pk=name[:200]).first()
    if row is None:
        row = Worker(name=name, queues=[CPU_QUEUE], last_seen=timezone.now())
    now = timezone.now()
    if not row.takes_jobs:
        _pass_on(row)
        return None
    free = room_of(row)
    if devices is not None:
        free = _only(free, devices)
    waiting = queueing.ready(now).filter(queueing.suitable(row))
    if pool is not None:
        waiting = waiting.filter(pool=pool)
    job = None if _keeps_room(row, waiting, free, now) else _lock_first(waiting, row, free)
    if job is not None:
        job = _claim(job, row, free, now)
    if pool is None:
        _note(row, job, waiting)
    return job


def room_of(worker: Worker) -> Capacity:
    """Return what a worker has beside what its jobs take."""
    free = worker.capacity
    held = Job.objects.filter(state__in=Job.HELD, worker=worker.name)
    for cpus, memory, devices in held.order_by().values_list("cpus", "memory", "devices"):
        granted = min(cpus, worker.capacity.cpus)
        free = free.minus(cpus=granted, memory=memory, devices=devices)
    return free


def after_work(name: str) -> None:
    """Nudge a hungry worker when a job of its has ended, if another one finds room now."""
    row = Worker.objects.filter(pk=name, hungry=True).first()
    if row is not None and row.takes_jobs:
        _nudge_one(_fitting(row, timezone.now()))


def nudge_idle_workers() -> int:
    """Nudge workers that stand idle beside a job whose message was lost; return how many.

    One message each is enough: who gets a job by it asks for more.
    """
    now, nudged = timezone.now(), 0
    held = dict(
        Job.objects.filter(state__in=Job.HELD)
        .order_by()
        .values_list("worker")
        .annotate(count=Count("pk"))
    )
    for row in job_workers().filter(has_engine=True, draining=False, stopping=False):
        if held.get(row.name, 0) < row.slots:
            overdue = _fitting(row, now).filter(modified__lt=now - OVERDUE)
            if _nudge_one(overdue):
                Worker.objects.filter(pk=row.pk).update(hungry=True)
                nudged += 1
    return nudged


def drain_worker(*, actor: User | None, worker: Worker, draining: bool = True) -> None:
    """Let a worker take no more jobs, or take jobs again; what it has in hand goes on."""
    if Worker.objects.filter(pk=worker.pk, draining=not draining).update(draining=draining):
        event = "execution.worker.drained" if draining else "execution.worker.resumed"
        record(event, obj=None, actor=actor, data={"worker": worker.name})
        hint(WORK)
    worker.refresh_from_db()
    if worker.takes_jobs and _nudge_one(_fitting(worker, timezone.now())):
        Worker.objects.filter(pk=worker.pk).update(hungry=True)


def _only(free: Capacity, devices: Collection[int]) -> Capacity:
    """Return the same room with none but these GPUs."""
    others = [number for number in range(len(free.gpus)) if number not in devices]
    return free.minus(devices=others)


def _lock_first(waiting: QuerySet[Job], row: Worker, free: Capacity) -> Job | None:
    """Lock the job whose turn it is among those that find room; claimed ones are skipped."""
    fitting = waiting.filter(queueing.fitting(free, of=row.capacity))
    for turn in queueing.turns(fitting):
        theirs = queueing.jobs_of(turn, fitting).select_related("container_image")
        job = theirs.select_for_update(skip_locked=True, of=("self",)).first()
        if job is not None:
            return job
    return None


def _claim(job: Job, row: Worker, free: Capacity, now: datetime) -> Job:
    wanted = Limits(gpus=job.gpus, gpu_memory=job.gpu_memory)
    return move_locked(
        job,
        State.PROVISIONING,
        worker=row.name,
        devices=list(free.devices_for(wanted) or ()),
        started_at=now,
        lease_expires_at=now + LEASE,
        wait_until=None,
    )


def _keeps_room(row: Worker, waiting: QuerySet[Job], free: Capacity, now: datetime) -> bool:
    """Tell whether a worker shall take nothing but a large job, which it has no room for yet.

    Small jobs would pass a large one by for ever. When it is the large one's turn and it has
    waited for long, one worker that could run it takes nothing else before.
    """
    if row.capacity in (UNTOLD, free):
        return False
    fits = queueing.fitting(free, of=row.capacity)
    if not waiting.filter(created__lt=now - PATIENCE).exclude(fits).exists():
        return False
    turn = queueing.turns(waiting)[0]
    first = queueing.jobs_of(turn, waiting).only("pk", "created")[0]
    if first.created > now - PATIENCE or waiting.filter(fits, pk=first.pk).exists():
        return False
    if row.keeps_for != first.pk:
        others = live_workers().filter(keeps_for=first.pk, draining=False, stopping=False)
        if others.exclude(pk=row.pk).exists():
            return False
        Worker.objects.filter(pk=row.pk).update(keeps_for=first.pk)
    return True


def _note(row: Worker, job: Job | None, waiting: QuerySet[Job]) -> None:
    """Remember whether a worker asked in vain beside work, and ask on for one that did not."""
    if job is None:
        hungry = waiting.exists()
        if hungry != row.hungry:
            Worker.objects.filter(pk=row.pk).update(hungry=hungry)
        return
    if row.keeps_for is not None:
        Worker.objects.filter(pk=row.pk).update(keeps_for=None)
    if row.hungry:
        _nudge_one(_fitting(row, timezone.now()))


def _pass_on(row: Worker) -> None:
    """Let other workers ask on instead of one that takes nothing and used up a message."""
    others = job_workers().filter(has_engine=True, draining=False, stopping=False)
    others.exclude(pk=row.pk).filter(queues__overlap=row.queues, hungry=False).update(hungry=True)


def _fitting(row: Worker, now: datetime) -> QuerySet[Job]:
    """Return the jobs that find room in a worker now, in no order."""
    fits: Q = queueing.fitting(room_of(row), of=row.capacity)
    return queueing.ready(now).filter(queueing.in_queues(row.queues) & fits).order_by()


def _nudge_one(fitting: QuerySet[Job]) -> bool:
    """Send a message if there is any such job; which one is named does not matter."""
    for job in fitting.only("pk", "gpus")[:1]:
        nudge(job)
        return True
    return False
