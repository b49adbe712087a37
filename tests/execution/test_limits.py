"""What a job may use, and what is known of how long it takes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from app.execution.contract import Limits
from app.execution.contract.limits import GIB, MIB
from app.execution.executors import UsageSample
from app.execution.executors.usage import memory_of
from app.execution.models import ContainerImage, Job, Worker
from app.execution.selectors import expected_start, typical_duration
from app.execution.services import default_limits, job_limits, max_limits, submit_job
from app.execution.services.following import MAX_SAMPLES, Curve
from tests.factories.execution import KIND, make_container_image, make_job

State = Job.State


@pytest.fixture(autouse=True)
def allowed(settings: Settings) -> None:
    settings.JOB_MEMORY_BYTES = 2 * GIB
    settings.JOB_TIME_LIMIT = 600
    settings.JOB_MAX_MEMORY_BYTES = 8 * GIB
    settings.JOB_MAX_TIME_LIMIT = 1200
    settings.JOB_MAX_GPUS = 1
    settings.JOB_MAX_WRITABLE_ROOT_BYTES = 100 * MIB


@pytest.mark.django_db
class TestLimits:
    def test_a_job_that_asks_for_nothing_gets_the_defaults(self, finished: list[Any]) -> None:
        found = job_limits(make_job())
        assert found == default_limits()
        assert (found.memory, found.wall_clock, found.gpus) == (2 * GIB, 600, 0)

    def test_what_a_job_asks_for_it_gets(self, finished: list[Any]) -> None:
        image = make_container_image()
        wanted = Limits(memory=4 * GIB, wall_clock=1000, gpus=1, writable_root=50 * MIB, cpus=1)
        job = submit_job(
            actor=image.creator, kind=KIND, container_image=image, inputs=[], limits=wanted
        )
        assert job_limits(Job.objects.get(pk=job.pk)) == wanted

    def test_nothing_is_above_what_the_administrator_allows(self, finished: list[Any]) -> None:
        image = make_container_image()
        greedy = dict.fromkeys(Limits().as_record(), 2**50)
        job = make_job(container_image=image, limits=greedy)
        assert job_limits(job) == max_limits()
        assert max_limits().memory == 8 * GIB
        assert max_limits().writable_root == 100 * MIB

    def test_a_maximum_that_is_not_set_is_the_default(self, settings: Settings) -> None:
        settings.JOB_MAX_MEMORY_BYTES = settings.JOB_MAX_TIME_LIMIT = 0
        assert max_limits().memory == 2 * GIB
        assert max_limits().wall_clock == 600

    def test_limits_of_another_version_do_no_harm(self, finished: list[Any]) -> None:
        job = make_job(limits={"memory": 64 * MIB, "forgotten": 5})
        assert job_limits(job).memory == 64 * MIB


def ran(image: ContainerImage, *, seconds: float, state: str = State.SUCCEEDED) -> Job:
    now = timezone.now()
    return make_job(
        container_image=image,
        state=state,
        started_at=now - timedelta(seconds=seconds),
        finished_at=now,
    )


def make_worker(name: str = "w", *, has_engine: bool = True) -> Worker:
    return Worker.objects.create(
        name=name, queues=["jobs-cpu"], has_engine=has_engine, last_seen=timezone.now()
    )


@pytest.mark.django_db
class TestDurations:
    def test_the_middle_of_what_succeeded_is_typical(self, finished: list[Any]) -> None:
        image = make_container_image()
        assert typical_duration(image) is None
        for seconds in (10, 20, 300):
            ran(image, seconds=seconds)
        ran(image, seconds=1, state=State.FAILED)
        found = typical_duration(image)
        assert found is not None
        assert round(found.total_seconds()) == 20
        assert typical_duration(Job.objects.filter(container_image=image)) == found

    def test_a_start_is_expected_after_what_comes_before(self, finished: list[Any]) -> None:
        quick, slow = make_container_image(), make_container_image()
        ran(quick, seconds=10)
        ran(slow, seconds=100)
        make_job(
            container_image=slow,
            state=State.EXECUTING,
            started_at=timezone.now() - timedelta(seconds=40),
        )
        make_job(container_image=quick)
        make_job(container_image=slow)
        job = make_job(container_image=quick)
        make_job(container_image=slow)
        assert expected_start(job) is None, "nobody is there to start it"
        make_worker(has_engine=False)
        assert expected_start(job) is None
        make_worker("one")
        assert self.wait_of(job) == pytest.approx(60 + 10 + 100, abs=3)
        make_worker("two")
        assert self.wait_of(job) == pytest.approx(85, abs=3)

    def test_the_first_starts_at_once_where_a_worker_is_free(self, finished: list[Any]) -> None:
        make_worker()
        assert self.wait_of(make_job()) == pytest.approx(0, abs=3)

    def test_an_image_that_never_ran_takes_as_long_as_its_kind(self, finished: list[Any]) -> None:
        make_worker()
        make_job(container_image=make_container_image())
        job = make_job()
        assert expected_start(job) is None, "nothing ever ran"
        ran(make_container_image(), seconds=30)
        assert self.wait_of(job) == pytest.approx(30, abs=3)

    def test_only_a_waiting_job_has_a_start_to_come(self, finished: list[Any]) -> None:
        make_worker()
        assert expected_start(make_job(state=State.EXECUTING)) is None

    @staticmethod
    def wait_of(job: Job) -> float:
        start = expected_start(job)
        assert start is not None
        return (start - timezone.now()).total_seconds()


class TestCurve:
    def test_a_long_run_has_few_points_and_keeps_its_peak(self) -> None:
        curve = Curve()
        assert not curve.is_new()
        for second in range(10_000):
            memory = 999 if second == 5001 else 10
            curve.add([UsageSample(seconds=float(second), cpu=0.5, memory=memory)])
        points = curve.points()
        assert MAX_SAMPLES // 2 <= len(points) <= MAX_SAMPLES
        assert points[0][0] == 0
        steps = {after[0] - before[0] for before, after in pairwise(points)}
        assert len(steps) == 1
        assert max(point[2] for point in points) == 999
        assert not curve.is_new()

    @pytest.mark.parametrize(
        ("stats", "memory"),
        [
            ({"usage": 100, "stats": {"inactive_file": 30}}, 70),
            ({"usage": 100, "stats": {"total_inactive_file": 40, "inactive_file": 1}}, 60),
            ({"usage": 100}, 100),
            ({}, None),
        ],
        ids=["cgroup2", "cgroup1", "bare", "ended"],
    )
    def test_memory_is_without_idle_cache(self, stats: dict[str, Any], memory: int | None) -> None:
        assert memory_of(stats) == memory
