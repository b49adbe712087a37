"""The state machines of container images and jobs: every pair of states."""

from __future__ import annotations

import itertools

import pytest

from app.audit.models import Event
from app.core.errors import TransitionNotAllowed
from app.core.states import transition
from app.execution.models import ContainerImage, Job
from tests.factories.execution import make_container_image, make_job

pytestmark = pytest.mark.django_db

JOB_MOVES = {
    "VALIDATING_INPUTS": {"QUEUED", "FAILED", "CANCELLED"},
    "QUEUED": {"PROVISIONING", "FAILED", "CANCELLED"},
    "PROVISIONING": {"EXECUTING", "QUEUED", "FAILED", "CANCELLED"},
    "EXECUTING": {"PARSING", "QUEUED", "FAILED", "CANCELLED"},
    "PARSING": {"SUCCEEDED", "QUEUED", "FAILED", "CANCELLED"},
    "SUCCEEDED": set(),
    "FAILED": set(),
    "CANCELLED": set(),
}
IMAGE_MOVES = {
    "UPLOADED": {"VALIDATING"},
    "VALIDATING": {"READY", "INVALID", "UPLOADED", "RETIRED"},
    "READY": {"RETIRED"},
    "INVALID": set(),
    "RETIRED": {"UPLOADED"},
}


def test_every_state_is_written_down_here() -> None:
    assert set(Job.State.values) == set(JOB_MOVES)
    assert set(ContainerImage.State.values) == set(IMAGE_MOVES)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(JOB_MOVES, repeat=2)))
def test_jobs_move_only_as_the_table_says(before: str, after: str) -> None:
    job = make_job(state=before)
    if after in JOB_MOVES[before]:
        transition(job, after)
        assert Job.objects.get(pk=job.pk).state == after
        assert Event.objects.filter(name="execution.job.state_changed").exists()
    else:
        with pytest.raises(TransitionNotAllowed):
            transition(job, after)
        assert Job.objects.get(pk=job.pk).state == before


@pytest.mark.parametrize(("before", "after"), list(itertools.product(IMAGE_MOVES, repeat=2)))
def test_container_images_move_only_as_the_table_says(before: str, after: str) -> None:
    image = make_container_image(state=before)
    if after in IMAGE_MOVES[before]:
        transition(image, after)
        assert ContainerImage.objects.get(pk=image.pk).state == after
    else:
        with pytest.raises(TransitionNotAllowed):
            transition(image, after)
        assert ContainerImage.objects.get(pk=image.pk).state == before
