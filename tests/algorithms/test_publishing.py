"""Publishing: what is asked for first, and the page, statistics and limits around it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from algorithms.figures import figures_of
from algorithms.models import Algorithm
from algorithms.services import publish_algorithm, requirements, unpublish_algorithm
from app.accounts.models import User
from app.audit.models import Event
from app.core.errors import Conflict
from app.execution.models import Job
from tests.factories.algorithms import make_algorithm, make_run
from tests.factories.archives import make_archive

pytestmark = pytest.mark.django_db
FACTS = {"contact_email": "a@example.org", "summary": "Finds it.", "mechanism": "A network."}


@pytest.fixture
def algorithm(user: User) -> Algorithm:
    return make_algorithm(editor=user, **FACTS)


def ran(algorithm: Algorithm, user: User, state: str = Job.State.SUCCEEDED) -> None:
    make_run(algorithm, creator=user, item=make_archive(cases=1).items.get(), state=state)


def test_it_takes_a_run_that_succeeded(algorithm: Algorithm, user: User) -> None:
    ran(algorithm, user, Job.State.FAILED)
    with pytest.raises(Conflict) as caught:
        publish_algorithm(actor=user, algorithm=algorithm)
    assert caught.value.data["missing"] == ["run"]
    ran(algorithm, user)
    publish_algorithm(actor=user, algorithm=algorithm)
    assert Algorithm.objects.get().public
    unpublish_algorithm(actor=user, algorithm=algorithm)
    assert not Algorithm.objects.get().public
    names = Event.objects.filter(name__contains="publish").values_list("name", flat=True)
    assert set(names) == {"algorithms.algorithm.published", "algorithms.algorithm.unpublished"}


@pytest.mark.parametrize("name", sorted(FACTS))
def test_it_takes_every_fact(algorithm: Algorithm, user: User, name: str) -> None:
    ran(algorithm, user)
    Algorithm.objects.update(**{name: " "})
    algorithm.refresh_from_db()
    assert [one.name for one in requirements(algorithm) if not one.met] == [name]


def test_the_api_asks_for_the_same(algorithm: Algorithm, user: User, client: Client) -> None:
    client.force_login(user)
    url = reverse("api:algorithm-detail", args=[algorithm.pk])
    body = {"public": True, "licence": "MIT"}
    refused = client.patch(url, body, content_type="application/json")
    assert refused.status_code == 409
    assert not Algorithm.objects.get().licence
    ran(algorithm, user)
    assert client.patch(url, body, content_type="application/json").json()["public"] is True


def test_statistics_are_numbers_alone(algorithm: Algorithm, user: User, client: Client) -> None:
    ran(algorithm, user)
    ran(algorithm, user, Job.State.FAILED)
    found = figures_of(algorithm)
    assert (found.total, found.succeeded, found.failed, found.success_share) == (2, 1, 1, 50)
    client.force_login(user)
    page = client.get(reverse("algorithms:statistics", args=[algorithm.pk])).content.decode()
    assert "50 %" in page


def test_limits_stay_below_the_ceilings(algorithm: Algorithm, user: User, client: Client) -> None:
    client.force_login(user)
    url = reverse("algorithms:limits", args=[algorithm.pk])
    body = {"time_limit": "120", "gpus": "0", "writable_root_mb": "100"}
    assert client.post(url, body).status_code == 302
    limits = Algorithm.objects.get().limits_for()
    assert (limits.wall_clock, limits.writable_root) == (120.0, 100 * 2**20)
    refused = client.post(url, body | {"memory_mb": str(10**8)})
    assert b"on this portal" in refused.content
    Algorithm.objects.update(memory_mb=10**8)
    assert Algorithm.objects.get().limits_for().memory < 10**8 * 2**20


def test_refusals_show_code_as_code(user: User, client: Client) -> None:
    algorithm = make_algorithm(editor=user)
    version = algorithm.versions.get()
    type(version.container_image).objects.update(
        state="INVALID", reason="The user `<b>` is root.", advice="Run `docker save IMAGE` again."
    )
    client.force_login(user)
    page = client.get(reverse("algorithms:version", args=[version.pk])).content.decode()
    assert "<code>&lt;b&gt;</code>" in page
    assert "`" not in page.split("<main")[1].split("</main>")[0]
