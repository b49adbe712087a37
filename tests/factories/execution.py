"""Container images, jobs and a kind of job, each the smallest that is valid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from app.accounts.models import User
from app.core.ids import new_id
from app.execution import registry
from app.execution.contract import RunSpec
from app.execution.models import ContainerImage, Endpoint, Job, Worker
from app.execution.registry import JobKind
from tests.factories.accounts import UserFactory

KIND = "test"


def make_container_image(*, creator: User | None = None, **fields: Any) -> ContainerImage:
    """An image in any state, ready unless told otherwise."""
    key = f"containers/{new_id()}.tar"
    values = {"kind": ContainerImage.Kind.ALGORITHM, "state": ContainerImage.State.READY} | fields
    return ContainerImage.objects.create(
        creator=creator or UserFactory(), filename="image.tar", key=key, size=1, **values
    )


def make_job(*, state: str = Job.State.QUEUED, **fields: Any) -> Job:
    """A job in any state, as if it had come there by allowed moves."""
    image = fields.pop("container_image", None) or make_container_image()
    return Job.objects.create(
        kind=KIND, container_image=image, creator=image.creator, state=state, **fields
    )


def make_worker(*, name: str = "jobs@machine", **fields: Any) -> Worker:
    """A worker that was heard of just now and can run jobs, unless told otherwise."""
    values = {"queues": ["jobs-cpu"], "has_engine": True, "last_seen": timezone.now()} | fields
    return Worker.objects.create(name=name, **values)


@contextmanager
def job_kind(
    *,
    build_spec: Callable[[Job], RunSpec] | None = None,
    on_finished: Callable[[Job], None] | None = None,
) -> Iterator[list[tuple[str, str]]]:
    """Register the kind of `make_job`; yields (job, state) of every completion."""
    finished: list[tuple[str, str]] = []

    def remember(job: Job) -> None:
        finished.append((str(job.pk), job.state))
        if on_finished is not None:
            on_finished(job)

    def no_spec(job: Job) -> RunSpec:
        raise AssertionError("This test does not run containers.")

    before = dict(registry._kinds)
    registry._kinds[KIND] = JobKind(build_spec or no_spec, remember)
    try:
        yield finished
    finally:
        registry._kinds.clear()
        registry._kinds.update(before)


def make_endpoint(*, state: str = Endpoint.State.QUEUED, **fields: Any) -> Endpoint:
    """An endpoint in any state, whose job is where that state belongs."""
    where = {
        Endpoint.State.QUEUED: Job.State.QUEUED,
        Endpoint.State.STARTING: Job.State.PROVISIONING,
        Endpoint.State.RUNNING: Job.State.EXECUTING,
        Endpoint.State.STOPPING: Job.State.EXECUTING,
        Endpoint.State.STOPPED: Job.State.CANCELLED,
        Endpoint.State.FAILED: Job.State.FAILED,
    }
    image = fields.pop("container_image", None) or make_container_image(serves=True)
    job = Job.objects.create(
        kind=Endpoint.KIND,
        container_image=image,
        creator=fields.pop("creator", None) or image.creator,
        state=where[Endpoint.State(state)],
    )
    return Endpoint.objects.create(job=job, state=state, idle_seconds=600, **fields)
