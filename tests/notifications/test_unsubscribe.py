"""One click turns mail off, without signing in; nobody can do it for another person."""

import re

import pytest
from django.core import signing
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.notifications.kinds import kind_of
from app.notifications.models import KindChoice
from app.notifications.selectors import wants_mail
from app.notifications.services import notify
from app.notifications.unsubscribing import SALT, unsubscribe_url

pytestmark = pytest.mark.django_db
DONE, FAILED, SAFE = "images.import.finished", "images.import.failed", "accounts.security"


def path_of(url: str) -> str:
    return url.split("/", 3)[3].join(["/", ""])


@pytest.fixture
def link(user: User) -> str:
    return path_of(unsubscribe_url(user, DONE))


@pytest.fixture
def visitor() -> Client:
    """Somebody's mail program: not signed in, and with Django's check of forms switched on."""
    return Client(enforce_csrf_checks=True)


def wants(user: User, key: str = DONE) -> bool:
    return wants_mail(user, kind_of(key))


def test_the_headers_are_those_of_the_standard(user: User, mailoutbox: list[EmailMessage]) -> None:
    notify(user=user, kind=DONE, text="News")
    headers = mailoutbox[0].message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = re.fullmatch(r"<(http[^>\s]+)>", headers["List-Unsubscribe"])
    assert url is not None
    assert url[1] in str(mailoutbox[0].body)


def test_one_click_by_a_mail_program(visitor: Client, user: User, link: str) -> None:
    answer = visitor.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not wants(user)
    assert wants(user, FAILED)


def test_looking_changes_nothing(visitor: Client, user: User, link: str) -> None:
    page = visitor.get(link)
    assert visitor.head(link).status_code == 200
    assert wants(user)
    assert b"Stop these e-mails" in page.content
    assert "no-store" in page["Cache-Control"]
    assert user.email.encode() not in page.content  # the link may have been forwarded


def test_the_button_of_the_page(visitor: Client, user: User, link: str) -> None:
    assert b"You get no more e-mail about" in visitor.post(link).content
    visitor.post(link)
    assert KindChoice.objects.filter(user=user).count() == 1


def test_all_mail(visitor: Client, user: User, mailoutbox: list[EmailMessage]) -> None:
    visitor.post(path_of(unsubscribe_url(user)))
    user.refresh_from_db()
    assert user.mail_preference == "OFF"
    notify(user=user, kind=DONE, text="News")
    assert mailoutbox == []


def test_security_cannot_be_turned_off(visitor: Client, user: User) -> None:
    link = path_of(unsubscribe_url(user, SAFE))
    visitor.post(link)
    assert wants(user, SAFE)
    assert b"Stop these e-mails" not in visitor.get(link).content


@pytest.mark.parametrize("method", ["get", "post"])
def test_forged_links_are_nothing(
    visitor: Client, user: User, stranger: User, link: str, method: str
) -> None:
    ticket = link.rstrip("/").rsplit("/", 1)[1]
    other = path_of(unsubscribe_url(stranger, DONE)).rstrip("/").rsplit("/", 1)[1]
    forged = [
        signing.dumps([user.pk, DONE], salt=SALT, key="x" * 50),
        signing.dumps([user.pk, DONE], salt="another"),
        signing.dumps([user.pk, "no.such.kind"], salt=SALT),
        signing.dumps([10**9, DONE], salt=SALT),
        signing.dumps("text", salt=SALT),
        signing.dumps({"a": 1}, salt=SALT),
        signing.dumps([["a"], DONE], salt=SALT),
        ":".join([other.split(":")[0], *ticket.split(":")[1:]]),
        *(ticket[:at] + ("A" if ticket[at] != "A" else "B") + ticket[at + 1 :] for at in range(9)),
        ticket[:-1],
        "nonsense",
    ]
    for one in forged:
        address = reverse("notifications:unsubscribe", args=[one])
        assert getattr(visitor, method)(address).status_code == 404, one
    assert wants(user)
    assert wants(stranger)


def test_whoever_is_signed_in_does_not_matter(client: Client, user: User, stranger: User) -> None:
    client.force_login(stranger)
    client.post(path_of(unsubscribe_url(user, DONE)))
    assert not wants(user)
    assert wants(stranger)
