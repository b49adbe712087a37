"""Thousands of queued jobs: how long deciding and showing take, and who waits for whom."""

from __future__ import annotations

import heapq
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from algorithms.models import AlgorithmRun, BatchCase, RunBatch
from algorithms.selectors import interface_of
from app.accounts.models import User
from app.execution.contract.limits import GIB
from app.execution.models import Job, Worker
from app.execution.selectors import (
    expected_start,
    jobs_held_by,
    live_workers,
    queue_lengths,
    queue_place,
    waiting_reason,
)
from app.execution.services import next_job, reconciling, scheduling
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import make_algorithm
from tests.factories.execution import KIND

State, Priority = Job.State, Job.Priority
GOAL_MS = 100.0


@dataclass(frozen=True)
class Trial:
    """How much is tried: ``flood`` of the ``jobs`` are one person's, ``past`` ended lately."""

    seed: int
    jobs: int = 10_000
    flood: int = 5_000
    people: int = 50
    past: int = 5_000
    workers: int = 8
    newcomers: int = 60
    repeats: int = 15


@dataclass
class Line:
    """What was filled in."""

    heavy: User
    others: list[User]
    batch: RunBatch
    workers: list[Worker]


def run_trial(trial: Trial) -> dict[str, Any]:
    """Fill the line, measure, then let newcomers come; return the figures."""
    chance = random.Random(trial.seed)
    line = fill(trial, chance)
    found: dict[str, Any] = {"trial": asdict(trial)}
    found["milliseconds"] = measure(trial, line, chance)
    found["reconciler"] = look_after(trial)
    found["order"] = compare_places(line)
    found["fairness"] = let_newcomers_come(trial, line, chance)
    return found


def fill(trial: Trial, chance: random.Random) -> Line:
    """Queue the jobs of one person with very many and of others with some; and workers."""
    heavy, others = UserFactory(), [UserFactory() for _ in range(trial.people)]
    algorithms = [make_algorithm(editor=UserFactory(), members={"USER": heavy}) for _ in range(5)]
    versions = [algorithm.versions.get() for algorithm in algorithms]
    now = timezone.now()
    owners = [heavy] * trial.flood
    owners += [chance.choice(others) for _ in range(trial.jobs - trial.flood)]
    chance.shuffle(owners)

    def make(owner: User, **fields: Any) -> Job:
        version = chance.choice(versions)
        limits = {
            "cpus": chance.choice((1, 2)),
            "memory": chance.choice((1, 2, 4)) * GIB,
            "gpus": 1 if chance.random() < 0.1 else 0,
        }
        return Job(
            kind=KIND,
            container_image=version.container_image,
            creator=owner,
            priority=chance.choice(Priority.values),
            limits=limits,
            **limits,
            **fields,
        )

    waiting = [make(owner, state=State.QUEUED) for owner in owners]
    past = [
        make(
            chance.choice([heavy, *others]),
            state=State.SUCCEEDED,
            started_at=now - timedelta(minutes=minutes, seconds=chance.randrange(20, 100)),
            finished_at=now - timedelta(minutes=minutes),
            handled=True,
        )
        for minutes in range(1, trial.past + 1)
    ]
    Job.objects.bulk_create([*waiting, *past], batch_size=1000)
    by_image = {version.container_image_id: version for version in versions}
    runs = [
        AlgorithmRun(
            version=by_image[job.container_image_id],
            interface=interface_of(by_image[job.container_image_id].algorithm),
            job=job,
            title=f"Case {number}",
        )
        for number, job in enumerate([*waiting, *past])
    ]
    AlgorithmRun.objects.bulk_create(runs, batch_size=1000)
    batch = _batch(heavy, [run for run in runs if run.job.creator == heavy])
    workers = [_worker(f"worker-{number}", gpus=1) for number in range(trial.workers)]
    _analyze()
    return Line(heavy=heavy, others=others, batch=batch, workers=workers)


def measure(trial: Trial, line: Line, chance: random.Random) -> dict[str, dict[str, float]]:
    """Return median and worst of everything that happens while the line is long."""
    queued = list(Job.objects.filter(state=State.QUEUED).order_by("created"))
    picked = [chance.choice(queued) for _ in range(trial.repeats)]
    workers = iter(line.workers * trial.repeats)
    client = sign_in(Client(), line.heavy)
    mine = Job.objects.filter(creator=line.heavy, state=State.QUEUED)
    run = AlgorithmRun.objects.filter(job__in=mine).order_by("job__created").last()
    assert run is not None

    def each(act: Callable[[Job], object]) -> Callable[[], object]:
        jobs = iter(picked)
        return lambda: act(next(jobs))

    def page(name: str, *keys: Any, query: str = "") -> Callable[[], object]:
        address = reverse(name, args=keys) + query

        def get() -> None:
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)

        get()  # templates are read once
        return get

    steps: dict[str, Callable[[], object]] = {
        "queue_place": each(queue_place),
        "expected_start": each(expected_start),
        "waiting_reason": each(waiting_reason),
        "queue_lengths": queue_lengths,
        "workers and what they hold": lambda: [
            list(jobs_held_by(worker)) for worker in live_workers()
        ],
        "a run's page": page("algorithms:run", run.pk),
        "its live part": page("algorithms:run_live", run.pk),
        "my runs": page("algorithms:runs"),
        "my runs under way": page("algorithms:runs", query="?state=active"),
        "my batches": page("algorithms:batches"),
        "a batch": page("algorithms:batch", line.batch.pk),
        "before a run": page("algorithms:run_again", run.pk),
        "a job over the API": page("api:job-usage", run.job_id),
        "next_job": lambda: next_job(worker=next(workers)),
        "next_job of a full worker": lambda: next_job(worker=line.workers[0]),
    }
    return {name: _timed(step, trial.repeats) for name, step in steps.items()}


def look_after(trial: Trial) -> dict[str, float]:
    """Return what one round of the reconciler costs: time, and messages to the broker."""
    messages: list[Any] = []
    before = scheduling.enqueue_on_commit
    long_ago = timezone.now() - timedelta(minutes=5)
    Job.objects.filter(state=State.QUEUED).update(modified=long_ago)
    Worker.objects.update(slots=100)
    scheduling.enqueue_on_commit = lambda task, pk, queue="": messages.append(pk)
    try:
        figures = _timed(reconciling.reconcile, 3)
    finally:
        scheduling.enqueue_on_commit = before
    assert 0 < len(messages) <= 3 * trial.workers, "the broker must not be flooded"
    return {**figures, "messages_of_a_round": len(messages) / 3}


def compare_places(line: Line, *, count: int = 30) -> dict[str, int]:
    """Hand out jobs to a worker that has room for all; place 1 must be next, every time."""
    roomy = _worker("roomy", queues=["jobs-cpu"], cpus=10_000, memory=100_000 * GIB)
    for number in range(count):
        with transaction.atomic():
            job = next_job(worker=roomy)
            transaction.set_rollback(True)
        assert job is not None
        place = queue_place(Job.objects.get(pk=job.pk))
        assert place == 1, f"the job handed out as number {number + 1} was said to be {place}."
        assert next_job(worker=roomy) == job
    Job.objects.filter(worker="roomy").update(state=State.SUCCEEDED, handled=True)
    roomy.delete()
    return {"handed_out": count, "place_was_right": count}


def let_newcomers_come(trial: Trial, line: Line, chance: random.Random) -> dict[str, float]:
    """Simulate time: jobs of random lengths, claims of the real kind, people who come later.

    While one person's thousands of jobs keep all workers busy, each newcomer sends one job. It
    starts when the next worker gets free, so within the length of one job.
    """
    keep = Job.objects.filter(state=State.QUEUED, creator=line.heavy)
    Job.objects.filter(state=State.QUEUED).exclude(pk__in=keep.values("pk")).update(
        state=State.CANCELLED
    )
    Job.objects.filter(state__in=Job.HELD).update(state=State.SUCCEEDED, handled=True)
    Worker.objects.update(slots=1, cpus=2, memory=4 * GIB, gpus=[16 * GIB], keeps_for=None)
    longest, clock, taken = 90.0, 0.0, 0
    ends: list[tuple[float, int, str, Job]] = []
    arrivals = [(20.0 * number + chance.random()) for number in range(1, trial.newcomers + 1)]
    came: dict[Any, float] = {}
    delays = []

    def give(worker: str) -> None:
        nonlocal taken
        job = next_job(worker=worker)
        if job is None:
            return
        taken += 1
        if job.pk in came:
            delays.append(clock - came[job.pk])
        heapq.heappush(ends, (clock + chance.uniform(30, longest), taken, worker, job))

    for worker in line.workers:
        give(worker.name)
    while len(delays) < trial.newcomers and ends:
        if arrivals and arrivals[0] <= ends[0][0]:
            clock = arrivals.pop(0)
            came[_new_job(UserFactory(), keep).pk] = clock
            continue
        clock, _, worker, done = heapq.heappop(ends)
        Job.objects.filter(pk=done.pk).update(state=State.SUCCEEDED, handled=True)
        give(worker)
    assert len(delays) == trial.newcomers
    assert max(delays) <= longest, f"a newcomer waited for {max(delays):.0f} s"
    return {
        "newcomers": len(delays),
        "longest_job_s": longest,
        "median_delay_s": round(statistics.median(delays), 1),
        "longest_delay_s": round(max(delays), 1),
        "jobs_handed_out": taken,
        "jobs_left_of_the_one": keep.count(),
    }


def _new_job(person: User, like: Any) -> Job:
    pattern = like.first()
    return Job.objects.create(
        kind=KIND,
        container_image=pattern.container_image,
        creator=person,
        state=State.QUEUED,
        priority=Priority.INTERACTIVE,
        cpus=1,
        memory=GIB,
    )


def _batch(person: User, runs: Sequence[AlgorithmRun]) -> RunBatch:
    batch = RunBatch.objects.create(creator=person, version=runs[0].version, title="Everything")
    cases = [
        BatchCase(batch=batch, number=number, title=run.title, state="STARTED", run=run)
        for number, run in enumerate(runs, start=1)
    ]
    BatchCase.objects.bulk_create(cases, batch_size=1000)
    return batch


def _worker(name: str, *, gpus: int = 0, **fields: Any) -> Worker:
    values = {
        "queues": ["jobs-cpu", "jobs-gpu"],
        "has_engine": True,
        "last_seen": timezone.now() + timedelta(hours=1),
        "cpus": 64,
        "memory": 128 * GIB,
        "gpus": [16 * GIB] * gpus,
        "slots": 2,
    } | fields
    return Worker.objects.create(name=name, **values)


def _timed(act: Callable[[], object], repeats: int) -> dict[str, float]:
    """Return milliseconds that passed, median and worst, and of processors on average.

    On a machine that does much else, the latter says what it takes.
    """
    took, busy = [], _busy_seconds()
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    processors = (_busy_seconds() - busy) * 1000 / repeats
    return {
        "median": round(statistics.median(took), 1),
        "worst": round(max(took), 1),
        "processors": round(processors, 1),
    }


def _busy_seconds() -> float:
    """Return the processor time of this process and of the database that serves it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _analyze() -> None:
    """Let the planner know what the autovacuum would have told it."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE execution_job, algorithms_algorithmrun, algorithms_batchcase")
