"""Workers that claim at the same moment, each with a connection of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction
from django.db.models import Sum
from django.utils import timezone

from app.execution.contract.limits import GIB
from app.execution.models import Job, Worker
from app.execution.services import cancel_job, next_job
from tests.factories.accounts import UserFactory
from tests.factories.execution import job_kind, make_container_image, make_job

pytestmark = pytest.mark.django_db(transaction=True)
State = Job.State
THREADS = 6


@pytest.fixture(autouse=True)
def known_kind(db: None) -> Iterator[None]:
    with job_kind():
        yield


def make_jobs(count: int, *, people: int = 3, **fields: int) -> list[Job]:
    images = [make_container_image(creator=UserFactory()) for _ in range(people)]
    return [make_job(container_image=images[n % people], **fields) for n in range(count)]


def make_worker(name: str, *, slots: int) -> Worker:
    return Worker.objects.create(
        name=name,
        queues=["jobs-cpu", "jobs-gpu"],
        has_engine=True,
        last_seen=timezone.now(),
        cpus=slots,
        memory=slots * GIB,
        gpus=[GIB] * slots,
    )


def claim_all(names: list[str]) -> list[tuple[str, Job]]:
    """Let each name claim until it gets nothing, all of them at once."""
    start = Barrier(len(names))

    def claim(name: str) -> list[tuple[str, Job]]:
        found = []
        try:
            start.wait(30)
            while (job := next_job(worker=name)) is not None:
                found.append((name, job))
        finally:
            connections.close_all()
        return found

    with ThreadPoolExecutor(len(names)) as pool:
        return [pair for pairs in pool.map(claim, names) for pair in pairs]


def test_no_job_is_handed_out_twice() -> None:
    jobs = make_jobs(40)
    names = [f"worker-{number}" for number in range(THREADS)]
    for name in names:
        make_worker(name, slots=100)
    claimed = claim_all(names)
    assert Counter(job.pk for _, job in claimed) == Counter(job.pk for job in jobs)
    for name, job in claimed:
        row = Job.objects.get(pk=job.pk)
        assert (row.worker, row.state) == (name, State.PROVISIONING)


def test_no_worker_holds_more_than_it_has() -> None:
    """Six processes of two workers fill them; every GPU goes to one job."""
    make_jobs(30, cpus=1, memory=GIB, gpus=1, gpu_memory=GIB)
    for name in ("one", "two"):
        make_worker(name, slots=5)
    claim_all(["one", "two"] * (THREADS // 2))
    for name in ("one", "two"):
        held = Job.objects.filter(worker=name, state__in=Job.HELD)
        assert held.aggregate(Sum("memory"))["memory__sum"] == 5 * GIB
        assert sorted(held.values_list("devices", flat=True)) == [[0], [1], [2], [3], [4]]


def test_a_job_that_is_being_cancelled_keeps_nobody_waiting() -> None:
    first, second = make_jobs(2, people=1)
    make_worker("w", slots=5)
    with transaction.atomic():
        cancel_job(actor=None, job=first)
        assert [job for _, job in claim_all(["w"])] == [second]
    assert Job.objects.get(pk=first.pk).state == State.CANCELLED
