"""The operator sees every machine, what waits, what is stuck, and takes a machine out of use."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from app.audit.models import Event
from app.core.broker import look_at_broker
from app.execution.contract.limits import GIB
from app.execution.models import Job, Worker
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive
from tests.factories.execution import make_job, make_worker

pytestmark = pytest.mark.django_db
PAGE = "/operations/"
LONG_AGO = timedelta(minutes=10)


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    return client


def text_of(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(client: Client, **query: Any) -> list[tuple[str, str]]:
    shown = client.get(PAGE, query).context["rows"]
    return [(row.worker.name, row.standing) for row in shown]


def test_without_a_worker_it_says_how_to_get_one(admin: Client) -> None:
    page = text_of(admin)
    assert "No worker yet" in page
    assert "No worker can run jobs" in page
    assert page.count("make worker") == 2


def test_how_workers_stand_and_the_lost_come_first(admin: Client) -> None:
    gone = timezone.now() - LONG_AGO
    make_worker(name="jobs@a-works")
    make_worker(name="jobs@b-drains", draining=True)
    make_worker(name="jobs@c-ends", stopping=True)
    make_worker(name="jobs@d-ended", stopping=True, last_seen=gone)
    make_worker(name="jobs@e-lost", last_seen=gone)
    make_worker(name="jobs@f-bare", has_engine=False, engine="No container engine answers.")
    assert rows(admin) == [
        ("jobs@e-lost", "Lost"),
        ("jobs@b-drains", "Draining"),
        ("jobs@c-ends", "Ending"),
        ("jobs@a-works", "Working"),
        ("jobs@f-bare", "No engine"),
        ("jobs@d-ended", "Ended"),
    ]
    assert rows(admin, standing="lost") == [("jobs@e-lost", "Lost")]
    assert rows(admin, q="f-bare") == [("jobs@f-bare", "No engine")]
    assert len(rows(admin, standing="nonsense")) == 6
    assert "No container engine answers." in text_of(admin)


def test_what_a_worker_has_and_runs_and_where_that_leads(admin: Client) -> None:
    worker = make_worker(cpus=8, memory=32 * GIB, gpus=[24 * GIB, 24 * GIB], version="0.1.0")
    run = make_run(
        make_algorithm(), creator=UserFactory(username="ada"),
        item=make_archive(cases=1).items.get(), state=Job.State.EXECUTING,
    )  # fmt: skip
    Job.objects.filter(pk=run.job.pk).update(
        worker=worker.name, cpus=2, memory=4 * GIB, gpus=1, devices=[1], started_at=timezone.now()
    )
    page = text_of(admin)
    assert "8 CPUs, 32 GiB, 2 GPUs" in page
    assert "free: 6 CPUs, 28 GiB, 1 GPU" in page
    assert reverse("algorithms:run", args=[run.pk]) in page
    assert "Version 0.1.0" in page
    staff = Client()
    staff.force_login(UserFactory(is_staff=True))
    assert reverse("algorithms:run", args=[run.pk]) not in text_of(staff), "it is not theirs"
    assert rows(staff) == [(worker.name, "Working")]


def test_many_jobs_of_one_worker_are_counted(admin: Client) -> None:
    worker = make_worker(slots=9)
    for _ in range(6):
        make_job(state=Job.State.EXECUTING, worker=worker.name, started_at=timezone.now())
    assert "and 2 more" in text_of(admin)


def test_the_queues_and_who_serves_them(admin: Client) -> None:
    make_worker()
    for _ in range(3):
        make_job()
    make_job(state=Job.State.EXECUTING, worker="jobs@machine", started_at=timezone.now())
    make_job(gpus=1)
    cpu, gpu = admin.get(PAGE).context["lines"]
    assert (cpu.length.waiting, cpu.length.running, cpu.length.workers) == (3, 1, 1)
    assert cpu.advice == ""
    assert (gpu.length.waiting, gpu.length.workers) == (1, 0)
    assert "No worker with an engine takes from jobs-gpu" in gpu.advice


def test_platform_faults_and_what_is_stuck(admin: Client) -> None:
    now = timezone.now()
    ended = {"handled": True, "reason_code": "platform", "reason": "Platform fault: no disk."}
    make_job(state=Job.State.FAILED, finished_at=now, **ended)
    make_job(state=Job.State.FAILED, finished_at=now - timedelta(days=2), **ended)
    page = text_of(admin)
    assert page.count("Platform fault: no disk.") == 1
    assert "Nobody clears up" not in page
    make_job(state=Job.State.EXECUTING, lease_expires_at=now - LONG_AGO)
    make_job(state=Job.State.SUCCEEDED, finished_at=now - LONG_AGO)
    page = text_of(admin)
    assert "Nobody clears up" in page
    assert "1 job has lost its worker" in page
    assert "manage.py reconcile" in page


def test_a_queue_of_the_portal_that_nobody_serves_is_named(admin: Client) -> None:
    make_worker(name="worker-short@web", queues=["short", "imports", "slices", "evaluations"])
    assert admin.get(PAGE).context["troubles"].unserved == ["audit"]
    assert "No live worker takes from audit." in text_of(admin)


def test_a_worker_is_drained_and_taken_back(admin: Client) -> None:
    worker = make_worker()
    address = reverse("web:drain")
    answer = admin.post(address, {"worker": worker.name, "draining": "1", "next": f"{PAGE}?q=x"})
    assert answer["Location"] == f"{PAGE}?q=x"
    assert rows(admin) == [(worker.name, "Draining")]
    assert "Take back into use" in text_of(admin)
    answer = admin.post(address, {"worker": worker.name, "draining": "0", "next": "//evil.example"})
    assert answer["Location"] == PAGE
    assert rows(admin) == [(worker.name, "Working")]
    events = Event.objects.filter(name__startswith="execution.worker.").order_by("id")
    assert [event.name for event in events] == [
        "execution.worker.drained",
        "execution.worker.resumed",
    ]
    assert admin.post(address, {"worker": "nobody", "draining": "1"}).status_code == 404


def test_it_is_for_staff(client: Client) -> None:
    client.force_login(UserFactory())
    make_worker()
    assert client.get(PAGE).status_code == 404
    assert client.post(reverse("web:drain"), {"worker": "jobs@machine"}).status_code == 404
    assert not Worker.objects.get().draining
    assert PAGE not in client.get("/").content.decode()
    client.force_login(UserFactory(is_staff=True))
    assert PAGE in client.get("/").content.decode()


def test_a_broker_that_does_not_answer_is_said(admin: Client, settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"broker_url": "redis://127.0.0.1:9/0"})
    cache.clear()
    assert "127.0.0.1 does not answer" in text_of(admin)


def test_messages_are_counted_by_queue(settings: Settings) -> None:
    found = look_at_broker(settings.ENV.broker_url)
    assert (found.name, found.problem) == ("Redis", "")
    assert set(found.waiting) >= {"short", "jobs-cpu"}
    assert look_at_broker("nonsense").problem


def test_it_is_quick_with_many_workers_and_jobs(
    admin: Client, django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    Worker.objects.bulk_create(
        Worker(name=f"jobs@{n:03}", queues=["jobs-cpu"], has_engine=True, last_seen=now)
        for n in range(100)
    )
    first = make_job(state=Job.State.SUCCEEDED, started_at=now - LONG_AGO, finished_at=now)
    same = {"kind": first.kind, "container_image": first.container_image, "creator": first.creator}
    Job.objects.bulk_create(Job(state=Job.State.QUEUED, **same) for _ in range(2000))
    with django_assert_max_num_queries(45):
        page = admin.get(PAGE)
    assert page.context["lines"][0].length.waiting == 2000
    assert len(page.context["rows"]) == 50
    assert page.context["counts"].working == 100
