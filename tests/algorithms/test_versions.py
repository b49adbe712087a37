"""Versions: numbered in order whatever happens at once, and only taken once checked."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from algorithms.models import Algorithm
from algorithms.selectors import active_version
from algorithms.services import add_version
from app.accounts.models import User
from app.core.storage import get_store
from app.execution.models import ContainerImage
from app.uploads.models import UserUpload
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm, make_version
from tests.factories.images import make_upload

State = ContainerImage.State


def test_numbered_from_one(user: User) -> None:
    algorithm = make_algorithm(editor=user, versions=0)
    for number in (1, 2):
        upload = make_upload(owner=user, content=b"tar", filename="model v2.tar")
        version = add_version(actor=user, algorithm=algorithm, upload=upload)
        assert version.number == number
        assert version.container_image.state == State.UPLOADED
        assert version.container_image.filename == "model v2.tar"
        assert get_store().size(version.container_image.key) == 3
    assert not UserUpload.objects.exists()


def test_numbers_are_not_given_twice(user: User) -> None:
    algorithm = make_algorithm(editor=user, versions=2)
    algorithm.versions.get(number=1).delete()
    upload = make_upload(owner=user, content=b"tar")
    assert add_version(actor=user, algorithm=algorithm, upload=upload).number == 3


@pytest.mark.django_db(transaction=True)
def test_at_once() -> None:
    user = UserFactory()
    algorithm = make_algorithm(editor=user, versions=0)
    uploads = [make_upload(owner=user, content=b"tar") for _ in range(4)]
    start, errors = Barrier(4), []

    def add(upload: UserUpload) -> None:
        start.wait(timeout=20)
        try:
            add_version(actor=user, algorithm=algorithm, upload=upload)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=add, args=(upload,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert sorted(algorithm.versions.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_the_newest_that_passed_its_checks_is_active(user: User) -> None:
    algorithm = make_algorithm(editor=user, versions=2)
    for state in (State.INVALID, State.UPLOADED, State.VALIDATING, State.RETIRED):
        make_version(algorithm, state=state)
    found = active_version(algorithm)
    assert found is not None
    assert (found.number, found.is_ready) == (2, True)
    assert active_version(make_algorithm(editor=user, versions=0)) is None


def test_equal_titles_are_refused_on_the_form(signed_in: Client, user: User) -> None:
    data = {"title": "Finder", "inputs": "medical-image", "outputs": "segmentation"}
    address = reverse("algorithms:create")
    assert signed_in.post(address, data).status_code == 302
    response = signed_in.post(address, data)
    assert response.status_code == 200
    assert b"Choose a different one" in response.content
    assert Algorithm.objects.count() == 1


def test_an_input_is_no_output(signed_in: Client) -> None:
    data = {"title": "Copy", "inputs": "medical-image", "outputs": "medical-image"}
    response = signed_in.post(reverse("algorithms:create"), data)
    assert b"is already an input" in response.content
    assert not Algorithm.objects.exists()


def test_titles_without_letters_get_an_address(user: User) -> None:
    slugs = [
        make_algorithm(editor=user, title=title).slug for title in ("结节", "肺", "A b", "a-B")
    ]
    assert len(set(slugs)) == 4
    assert all(slugs)


def test_why_a_container_was_refused_is_on_the_page(signed_in: Client, user: User) -> None:
    algorithm = make_algorithm(editor=user, versions=0)
    make_version(algorithm, state=State.INVALID, reason="It runs as <root>.", advice="Add USER.")
    text = signed_in.get(reverse("algorithms:detail", args=[algorithm.pk])).content.decode()
    assert "It runs as &lt;root&gt;." in text
    assert "Add USER." in text
