"""Whoever should hear of something does, with the page that it is about; others do not."""

import pytest
from allauth.account import signals
from django.test import Client
from django.urls import reverse

from algorithms.services import add_version
from app.accounts.models import User
from app.challenges.models import Evaluation
from app.challenges.services.evaluations import fail
from app.execution.models import ContainerImage
from app.execution.services import validate_container_image
from app.notifications import security
from app.notifications.models import Notification
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import make_algorithm
from tests.factories.challenges import make_challenge, make_phase, make_submission
from tests.factories.images import make_upload

pytestmark = pytest.mark.django_db


def kinds_of(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).values_list("kind", flat=True))


def test_a_refused_container_image_is_told_to_whoever_sent_it(user: User) -> None:
    algorithm = make_algorithm(editor=user)
    upload = make_upload(owner=user, content=b"no archive", filename="model.tar")
    version = add_version(actor=user, algorithm=algorithm, upload=upload)
    validate_container_image(version.container_image.pk)
    version.container_image.refresh_from_db()
    assert version.container_image.state == ContainerImage.State.INVALID
    told = Notification.objects.get(kind="execution.container_image.checked")
    assert told.user == user
    assert told.text.startswith("The container image model.tar was refused: ")
    assert told.url == reverse("algorithms:version", args=[version.pk])


def test_submissions_and_failed_evaluations_are_told_to_the_organizers() -> None:
    admin, participant, other = UserFactory(), UserFactory(), UserFactory()
    phase = make_phase(make_challenge(admin=admin, participants=(participant, other)))
    Notification.objects.all().delete()
    submission = make_submission(phase, creator=participant)
    assert kinds_of(admin) == ["challenges.submission.received"]
    assert kinds_of(participant) == []
    evaluation = submission.evaluations.get()
    fail(evaluation, reason="It failed.", organizer_reason="Case 3: out of memory")
    assert evaluation.state == Evaluation.State.FAILED
    told = Notification.objects.filter(kind="challenges.evaluation.failed")
    assert {message.user for message in told} == {admin, participant}
    assert "out of memory" in told.get(user=admin).text
    assert "out of memory" not in told.get(user=participant).text
    assert told.get(user=participant).url == reverse("challenges:evaluation", args=[evaluation.pk])
    assert kinds_of(other) == []


def test_an_organizer_s_own_submission_is_no_news_to_them() -> None:
    admin = UserFactory()
    phase = make_phase(make_challenge(admin=admin))
    Notification.objects.all().delete()
    make_submission(phase, creator=admin)
    assert kinds_of(admin) == []


def test_a_new_password_is_told(client: Client, user: User) -> None:
    new = "a very different phrase"
    given = {"oldpassword": "secret", "password1": new, "password2": new}
    sign_in(client, user).post("/account/password/", given)
    told = Notification.objects.get()
    assert (told.user, told.kind) == (user, "accounts.security")
    assert told.text.startswith("The password of your account was changed.")


def test_every_signal_that_we_listen_to_exists() -> None:
    for name in security.ACCOUNT:
        assert hasattr(signals, name)
