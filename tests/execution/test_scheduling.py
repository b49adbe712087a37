"""Who gets which job when."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from app.accounts.models import User
from app.audit.models import Event
from app.execution.contract import Limits
from app.execution.contract.limits import GIB
from app.execution.gateway.local import LocalGateway
from app.execution.models import ContainerImage, Job, Worker
from app.execution.selectors import (
    expected_start,
    jobs_held_by,
    queue_lengths,
    queue_place,
    waiting_reason,
)
from app.execution.services import drain_worker, end_job, next_job, submit_job
from app.execution.services.jobs import correct_needs, give_back
from app.execution.services.reconciling import reconcile
from app.execution.services.scheduling import PATIENCE, nudge_idle_workers, room_of
from tests.factories.accounts import UserFactory
from tests.factories.execution import KIND, make_container_image, make_job

pytestmark = pytest.mark.django_db
State, Priority = Job.State, Job.Priority


@pytest.fixture(autouse=True)
def known_kind(finished: list[Any]) -> None:
    """Jobs of tests end as any others."""


@pytest.fixture
def image() -> ContainerImage:
    return make_container_image()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The messages that are sent: queue, and the job that is named."""
    messages: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "app.execution.services.scheduling.enqueue_on_commit",
        lambda task, pk, *, queue: messages.append((queue, str(pk))),
    )
    return messages


def job_of(person: User | None, image: ContainerImage, **fields: Any) -> Job:
    job = make_job(container_image=image, **fields)
    Job.objects.filter(pk=job.pk).update(creator=person)
    return Job.objects.get(pk=job.pk)


def make_worker(name: str = "w", **fields: Any) -> Worker:
    values = {
        "queues": ["jobs-cpu", "jobs-gpu"],
        "has_engine": True,
        "last_seen": timezone.now(),
        "cpus": 64,
        "memory": 256 * GIB,
    } | fields
    return Worker.objects.create(name=name, **values)


def reloaded(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def handed_out(worker: Worker, *, most: int = 1000) -> list[Job]:
    """Everything that one worker gets, in this order."""
    found = []
    while len(found) < most and (job := next_job(worker=worker)) is not None:
        found.append(job)
    return found


class TestFairness:
    def test_people_take_turns_however_much_they_sent(self, image: ContainerImage) -> None:
        many, few = UserFactory(), UserFactory()
        flood = [job_of(many, image) for _ in range(6)]
        first, second = job_of(few, image), job_of(few, image)
        order = handed_out(make_worker())
        assert order == [flood[0], first, flood[1], second, *flood[2:]]

    def test_whoever_has_least_in_hand_comes_first(self, image: ContainerImage) -> None:
        busy, idle = UserFactory(), UserFactory()
        for _ in range(2):
            job_of(busy, image, state=State.EXECUTING)
        job_of(busy, image)
        later = job_of(idle, image)
        assert next_job(worker=make_worker()) == later

    def test_among_equals_whoever_was_served_longest_ago(self, image: ContainerImage) -> None:
        recent, earlier = UserFactory(), UserFactory()
        for person, minutes in ((recent, 1), (earlier, 60)):
            at = timezone.now() - timedelta(minutes=minutes)
            job_of(person, image, state=State.SUCCEEDED, started_at=at)
        job_of(recent, image)
        later = job_of(earlier, image)
        assert next_job(worker=make_worker()) == later

    def test_ones_own_jobs_go_by_priority_then_age(self, image: ContainerImage) -> None:
        person = UserFactory()
        batch = job_of(person, image, priority=Priority.BATCH)
        old, new = job_of(person, image), job_of(person, image)
        awaited = job_of(person, image, priority=Priority.INTERACTIVE)
        assert handed_out(make_worker()) == [awaited, old, new, batch]

    def test_people_whose_account_is_gone_count_as_one(self, image: ContainerImage) -> None:
        gone = [job_of(None, image) for _ in range(3)]
        other = job_of(UserFactory(), image)
        assert handed_out(make_worker()) == [gone[0], other, *gone[1:]]


class TestRoom:
    def test_a_worker_gets_what_fits_beside_what_it_has(self, image: ContainerImage) -> None:
        worker = make_worker(cpus=4, memory=8 * GIB)
        first = job_of(UserFactory(), image, cpus=2, memory=6 * GIB)
        large = job_of(UserFactory(), image, cpus=2, memory=4 * GIB)
        small = job_of(UserFactory(), image, cpus=1, memory=2 * GIB)
        assert handed_out(worker) == [first, small]
        assert room_of(worker).memory == 0
        end_job(first, State.FAILED)
        assert next_job(worker=worker) == large

    def test_processors_are_a_share_so_one_job_always_finds_some(
        self, image: ContainerImage
    ) -> None:
        worker = make_worker(cpus=1, memory=8 * GIB)
        hungry = job_of(UserFactory(), image, cpus=16, memory=GIB)
        job_of(UserFactory(), image, cpus=0.5, memory=GIB)
        assert handed_out(worker) == [hungry]

    def test_memory_is_no_share(self, image: ContainerImage) -> None:
        job_of(UserFactory(), image, memory=9 * GIB)
        assert next_job(worker=make_worker(memory=8 * GIB)) is None

    def test_jobs_with_gpus_go_where_gpus_are(self, image: ContainerImage) -> None:
        small, large = 16 * GIB, 48 * GIB
        worker = make_worker(gpus=[small, large, 0, large])
        wants_two = job_of(UserFactory(), image, gpus=2, gpu_memory=40 * GIB)
        wants_one = job_of(UserFactory(), image, gpus=1)
        waits = job_of(UserFactory(), image, gpus=1)
        assert next_job(worker=make_worker("plain")) is None
        order = handed_out(worker)
        assert [(job, job.devices) for job in order] == [(wants_two, [1, 3]), (wants_one, [0])]
        end_job(order[0], State.FAILED)
        assert next_job(worker=worker) == waits
        assert reloaded(waits).devices == [1]

    def test_a_worker_serves_its_own_queues(self, image: ContainerImage) -> None:
        with_gpu, without = job_of(None, image, gpus=1), job_of(None, image)
        plain = make_worker("plain", queues=["jobs-cpu"], gpus=[GIB])
        special = make_worker("special", queues=["jobs-gpu"], gpus=[GIB])
        assert handed_out(plain) == [without]
        assert handed_out(special) == [with_gpu]
        assert handed_out(make_worker("other", queues=["short"])) == []

    @pytest.mark.parametrize("why", ["draining", "stopping"])
    def test_who_is_taken_out_of_service_gets_nothing(
        self, image: ContainerImage, why: str
    ) -> None:
        job_of(None, image)
        assert next_job(worker=make_worker(**{why: True})) is None

    def test_a_warm_container_gets_only_its_own_kind(self, image: ContainerImage) -> None:
        worker = make_worker(gpus=[GIB, GIB])
        job_of(UserFactory(), image)
        mine = job_of(UserFactory(), image, pool="one", gpus=1)
        job_of(UserFactory(), image, pool="two", gpus=1)
        assert next_job(worker=worker, pool="one", devices=[1]) == mine
        assert reloaded(mine).devices == [1]
        assert next_job(worker=worker, pool="one") is None
        assert next_job(worker=worker, pool="two", devices=[1]) is None, "another job has it"

    def test_a_large_job_is_not_passed_by_for_ever(self, image: ContainerImage) -> None:
        worker, other = make_worker(memory=8 * GIB), make_worker("other", memory=8 * GIB)
        running = [job_of(UserFactory(), image, memory=4 * GIB) for _ in range(2)]
        assert [next_job(worker=row) for row in (worker, other)] == running
        large = job_of(UserFactory(), image, memory=8 * GIB)
        small = [job_of(UserFactory(), image, memory=GIB) for _ in range(3)]
        assert next_job(worker=worker) == small[0]
        Job.objects.filter(pk=large.pk).update(created=timezone.now() - 2 * PATIENCE)
        assert next_job(worker=worker) is None, "it keeps its room for the large one"
        assert next_job(worker=other) == small[1], "one is enough"
        for job in (running[0], small[0]):
            end_job(reloaded(job), State.FAILED)
        assert next_job(worker=worker) == large


class TestNudges:
    def test_a_message_goes_to_the_queue_of_its_job(
        self, sent: list[tuple[str, str]], settings: Settings, image: ContainerImage
    ) -> None:
        settings.JOB_MAX_GPUS = 2
        actor = image.creator
        plain = submit_job(actor=actor, kind=KIND, container_image=image, inputs=[])
        gpu = submit_job(
            actor=actor, kind=KIND, container_image=image, inputs=[], limits=Limits(gpus=2)
        )
        assert sent == [("jobs-cpu", str(plain.pk)), ("jobs-gpu", str(gpu.pk))]
        assert (reloaded(gpu).gpus, reloaded(gpu).memory) == (2, settings.JOB_MEMORY_BYTES)

    def test_who_asked_in_vain_is_told_when_there_is_room(
        self, sent: list[tuple[str, str]], image: ContainerImage
    ) -> None:
        worker = make_worker(memory=2 * GIB)
        jobs = [job_of(UserFactory(), image, memory=2 * GIB) for _ in range(3)]
        assert next_job(worker=worker) == jobs[0]
        assert next_job(worker=worker) is None
        assert sent == [], "the message that was used up was this one's"
        give_back(reloaded(jobs[0]), reason="It was told to end.", stopped=True)
        assert sent == [("jobs-cpu", str(jobs[0].pk)), ("jobs-cpu", sent[1][1])]

    def test_who_was_hungry_asks_on_until_nothing_fits(
        self, sent: list[tuple[str, str]], image: ContainerImage
    ) -> None:
        worker = make_worker(memory=2 * GIB, hungry=True)
        for _ in range(3):
            job_of(UserFactory(), image, memory=GIB)
        next_job(worker=worker)
        assert len(sent) == 1
        next_job(worker=worker)
        assert len(sent) == 1, "the third finds no room"
        assert next_job(worker=worker) is None
        assert Worker.objects.get().hungry

    def test_nobody_is_hungry_when_nothing_waits(
        self, sent: list[tuple[str, str]], image: ContainerImage
    ) -> None:
        worker = make_worker(hungry=True)
        assert next_job(worker=worker) is None
        assert not Worker.objects.get().hungry
        assert sent == []

    def test_an_idle_worker_beside_a_forgotten_job_is_nudged_once(
        self, sent: list[tuple[str, str]], image: ContainerImage
    ) -> None:
        make_worker("idle", slots=2)
        make_worker("busy")
        make_worker("drained", draining=True)
        make_worker("small", memory=GIB)
        make_worker("gone", last_seen=timezone.now() - timedelta(hours=1))
        job_of(UserFactory(), image, state=State.EXECUTING, worker="busy")
        jobs = [job_of(UserFactory(), image, memory=2 * GIB) for _ in range(50)]
        assert nudge_idle_workers() == 0, "their messages are on the way"
        Job.objects.update(modified=timezone.now() - timedelta(minutes=1))
        assert nudge_idle_workers() == 1
        assert [queue for queue, _ in sent] == ["jobs-cpu"]
        assert next_job(worker="idle") == jobs[0]
        assert len(sent) == 2, "it asks on, because its own messages are lost"

    def test_messages_are_not_sent_for_what_nobody_could_run(
        self, sent: list[tuple[str, str]], image: ContainerImage
    ) -> None:
        make_worker(memory=GIB)
        job_of(UserFactory(), image, memory=2 * GIB)
        Job.objects.update(modified=timezone.now() - timedelta(minutes=1))
        assert nudge_idle_workers() == 0
        assert sent == []

    def test_a_drained_worker_leaves_its_message_to_others(self, image: ContainerImage) -> None:
        job_of(UserFactory(), image)
        drained, other = make_worker(draining=True), make_worker("other")
        assert next_job(worker=drained) is None
        assert Worker.objects.get(pk=other.pk).hungry

    def test_a_job_that_was_lost_often_waits_a_little(
        self, sent: list[tuple[str, str]], image: ContainerImage
    ) -> None:
        job = job_of(UserFactory(), image)
        worker = make_worker()
        assert next_job(worker=worker) == job
        give_back(reloaded(job), reason="The engine was lost.")
        assert len(sent) == 1
        assert next_job(worker=worker) == job, "the first loss may have been chance"
        give_back(reloaded(job), reason="The engine was lost.")
        assert next_job(worker=worker) is None
        assert len(sent) == 1
        Job.objects.update(wait_until=timezone.now())
        assert next_job(worker=worker) == job


class TestDraining:
    def test_an_administrator_takes_a_worker_out_and_in(
        self, image: ContainerImage, sent: list[tuple[str, str]]
    ) -> None:
        admin, worker = UserFactory(), make_worker("celery@a-machine-" + "x" * 80)
        held = job_of(UserFactory(), image, state=State.EXECUTING, worker=worker.name)
        job_of(UserFactory(), image)
        for _ in range(2):
            drain_worker(actor=admin, worker=worker)
        assert list(jobs_held_by(worker)) == [held]
        assert next_job(worker=worker) is None
        LocalGateway().beat(worker.name, queues=["jobs-cpu"], has_engine=True, engine="")
        assert Worker.objects.get().draining, "its signs of life do not undo it"
        worker.refresh_from_db()
        drain_worker(actor=admin, worker=worker, draining=False)
        assert len(sent) == 1
        assert next_job(worker=worker) is not None
        names = Event.objects.filter(name__startswith="execution.worker").order_by("pk")
        assert [event.name for event in names] == [
            "execution.worker.drained",
            "execution.worker.resumed",
        ]


class TestPlaces:
    @pytest.mark.parametrize("seed", range(8))
    def test_places_are_the_order_of_handing_out(self, image: ContainerImage, seed: int) -> None:
        chance = random.Random(seed)
        people = [UserFactory() for _ in range(4)]
        for person in chance.sample(people, 3):
            for _ in range(chance.randrange(3)):
                at = timezone.now() - timedelta(minutes=chance.randrange(1, 90))
                job_of(person, image, state=State.EXECUTING, started_at=at)
            at = timezone.now() - timedelta(minutes=chance.randrange(100, 900))
            job_of(person, image, state=State.SUCCEEDED, started_at=at)
        jobs = [
            job_of(chance.choice(people), image, priority=chance.choice(Priority.values))
            for _ in range(20)
        ]
        places = {queue_place(job): job for job in jobs}
        assert sorted(places) == list(range(1, 21))
        order = handed_out(make_worker())
        assert [places[place] for place in sorted(places)] == order

    def test_each_queue_has_a_line_of_its_own(self, image: ContainerImage) -> None:
        plain, gpu = job_of(None, image), job_of(None, image, gpus=1)
        assert (queue_place(plain), queue_place(gpu)) == (1, 1)

    def test_a_new_job_of_somebody_else_starts_soon(self, image: ContainerImage) -> None:
        many, other = UserFactory(), UserFactory()
        flood = [job_of(many, image) for _ in range(30)]
        now = timezone.now()
        job_of(many, image, state=State.SUCCEEDED, started_at=now - timedelta(minutes=1))
        Job.objects.filter(state=State.SUCCEEDED).update(finished_at=now)
        make_worker(slots=2)
        mine = job_of(other, image)
        start, theirs = expected_start(mine), expected_start(flood[-1])
        assert start is not None
        assert theirs is not None
        assert start - now < timedelta(minutes=1)
        assert theirs - now == pytest.approx(timedelta(minutes=15), abs=timedelta(minutes=1))


class TestWaitingReasons:
    def test_what_no_worker_has_is_named(self, image: ContainerImage) -> None:
        job = job_of(None, image, gpus=2, gpu_memory=24 * GIB, memory=8 * GIB)
        assert [found.unplaceable for found in queue_lengths()] == [0, 1]
        make_worker("plain", queues=["jobs-cpu"])
        reason = waiting_reason(job)
        assert reason is not None
        assert reason.title == "Waiting for a worker with GPUs"
        assert "jobs-gpu" in reason.advice
        make_worker("small", gpus=[24 * GIB, 16 * GIB], memory=64 * GIB)
        reason = waiting_reason(job)
        assert reason is not None
        assert reason.text == (
            "No worker has 2 GPUs of 24 GiB and 8 GiB of memory. "
            "There is: 1 GPU of 24 GiB, 1 GPU of 16 GiB and 64 GiB of memory."
        )
        assert "administrator" in reason.advice
        assert expected_start(job) is None
        assert queue_lengths()[1].unplaceable == 1
        make_worker("large", gpus=[24 * GIB, 24 * GIB], draining=True)
        reason = waiting_reason(job)
        assert reason is not None
        assert "taken out of service" in reason.text
        Worker.objects.update(draining=False)
        assert waiting_reason(job) is None
        assert queue_lengths()[1].unplaceable == 0

    def test_too_much_memory_is_named(self, image: ContainerImage) -> None:
        make_worker(memory=4 * GIB)
        reason = waiting_reason(job_of(None, image, memory=8 * GIB))
        assert reason is not None
        assert reason.text == (
            "No worker has 8 GiB of memory. There is: no GPU and 4 GiB of memory."
        )

    def test_lower_limits_free_a_job(self, image: ContainerImage, settings: Settings) -> None:
        settings.JOB_MAX_MEMORY_BYTES = 64 * GIB
        worker = make_worker(memory=8 * GIB)
        job = submit_job(
            actor=image.creator,
            kind=KIND,
            container_image=image,
            inputs=[],
            limits=Limits(memory=32 * GIB),
        )
        assert next_job(worker=worker) is None
        settings.JOB_MAX_MEMORY_BYTES = 8 * GIB
        reconcile()
        assert correct_needs() == 0
        assert next_job(worker=worker) == job


class TestSigns:
    def test_a_worker_says_what_it_has(self) -> None:
        gateway = LocalGateway()
        said: dict[str, Any] = {"queues": ["jobs-cpu"], "has_engine": True, "engine": "fine"}
        capacity = make_worker("other", gpus=[GIB]).capacity
        for uptime in (100.0, 110.0):
            gateway.beat("w", **said, capacity=capacity, version="1", slots=3, uptime=uptime)
        row = Worker.objects.get(name="w")
        assert (row.capacity, row.version, row.slots) == (capacity, "1", 3)
        assert row.started_at is not None
        started = row.started_at
        assert timezone.now() - started == pytest.approx(
            timedelta(seconds=100), abs=timedelta(seconds=20)
        )
        gateway.beat("w", **said, capacity=capacity, uptime=1.0, draining=True)
        row = Worker.objects.get(name="w")
        assert row.stopping
        assert row.started_at != started, "it is another process"

    def test_an_older_worker_says_less(self, image: ContainerImage) -> None:
        LocalGateway().beat("w", queues=["jobs-cpu"], has_engine=True, engine="fine")
        job = job_of(None, image, memory=2**50)
        assert waiting_reason(job) is None
        assert next_job(worker="w") == job


def test_messages_are_sent_after_the_commit(
    image: ContainerImage, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        submit_job(actor=image.creator, kind=KIND, container_image=image, inputs=[])
    assert len(callbacks) >= 1
