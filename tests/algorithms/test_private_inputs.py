"""The editors of an algorithm see its try-outs, but nobody's private images."""

import pytest
from django.test import Client
from django.urls import reverse

from algorithms.display import RunSource
from algorithms.services import start_try_outs
from app.accounts.models import User
from app.core.errors import NotFound
from app.execution.models import Job
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import make_algorithm
from tests.factories.archives import make_archive, make_item


def test_an_editor_does_not_see_the_input_of_somebody_elses_run(
    user: User, stranger: User, client: Client
) -> None:
    algorithm = make_algorithm(editor=stranger, public=True)
    item = make_item(make_archive(editor=user))
    [run] = start_try_outs(actor=user, algorithm=algorithm, items=[item])
    name = item.images[0].name
    address = reverse("algorithms:run", args=[run.pk])

    assert RunSource().resolve(user=user, pk=run.pk).layers
    client.force_login(user)
    assert name in client.get(address).content.decode()

    with pytest.raises(NotFound):
        RunSource().resolve(user=stranger, pk=run.pk)
    client.force_login(stranger)
    response = client.get(address)
    assert response.status_code == 200
    assert str(item.images[0].pk) not in response.content.decode()
    with pytest.raises(NotFound):
        RunSource().resolve(user=UserFactory(), pk=run.pk)


@pytest.mark.parametrize("place", ["job", "jobs", "record"])
def test_nor_what_names_it(user: User, stranger: User, client: Client, place: str) -> None:
    algorithm = make_algorithm(editor=stranger, public=True)
    item = make_item(make_archive(editor=user))
    [run] = start_try_outs(actor=user, algorithm=algorithm, items=[item])
    name = str(item.images[0].pk)
    digests = {f"images/medical-image/{name}.mha": "00", "inputs.json": "11"}
    Job.objects.filter(pk=run.job_id).update(record={"inputs": digests})
    address = {
        "job": reverse("api:job-detail", args=[run.job_id]),
        "jobs": reverse("api:job-list"),
        "record": reverse("algorithms:run_record", args=[run.pk]),
    }[place]
    sign_in(client, user)
    assert name in client.get(address).content.decode()
    sign_in(client, stranger)
    found = client.get(address).content.decode()
    assert str(run.job_id) in found
    assert name not in found
