"""Announcements: told once to everybody who takes part."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.challenges.models import Announcement, Challenge
from app.challenges.news import ANNOUNCED
from app.challenges.services import announce, declare_design
from app.challenges.services.announcements import MOST_A_DAY, tell_members
from app.core.errors import LimitReached
from app.notifications.models import Notification
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge, make_phase

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge(user: User, stranger: User) -> Challenge:
    return make_challenge(admin=user, participants=(stranger,))


def make(challenge: Challenge, user: User, title: str = "New data") -> Announcement:
    return announce(actor=user, challenge=challenge, title=title, text="**More** cases.")


def test_every_member_is_told_once_and_nobody_else(
    challenge: Challenge, user: User, stranger: User, mailoutbox: list[EmailMessage]
) -> None:
    UserFactory()
    User.objects.filter(pk=stranger.pk).update(mail_preference="INSTANT")
    announcement = make(challenge, user)
    assert [tell_members(announcement.pk), tell_members(announcement.pk)] == [1, 0]
    message = Notification.objects.get(kind=ANNOUNCED)
    assert message.user == stranger
    assert message.text == f"{challenge.title}: New data"
    assert [mail.to for mail in mailoutbox if "New data" in mail.subject] == [[stranger.email]]


def test_there_are_not_too_many(challenge: Challenge, user: User) -> None:
    for _ in range(MOST_A_DAY):
        make(challenge, user)
    with pytest.raises(LimitReached):
        make(challenge, user)
    Announcement.objects.update(created=timezone.now() - timedelta(days=2))
    make(challenge, user)


def test_an_amendment_is_announced(challenge: Challenge, user: User) -> None:
    declare_design(actor=user, challenge=challenge, document={"task": "Lungs"})
    assert not Announcement.objects.exists()
    make_phase(challenge)
    declare_design(
        actor=user, challenge=challenge, document={"task": "Lobes"}, reason="Wider question."
    )
    assert "Wider question." in Announcement.objects.get().text


def test_the_page(challenge: Challenge, user: User, stranger: User, client: Client) -> None:
    sign_in(client, user)
    new = reverse("challenges:announce", args=[challenge.pk])
    sent = {"title": "New data", "text": "**More** <b>cases</b>."}
    assert client.post(new, sent).status_code == 302
    sign_in(client, stranger)
    assert client.get(new).status_code == 404
    shown = client.get(reverse("challenges:announcements", args=[challenge.pk])).content.decode()
    assert "<strong>More</strong> &lt;b&gt;cases&lt;/b&gt;." in shown
