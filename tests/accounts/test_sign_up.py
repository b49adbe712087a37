"""Making an account: confirmed by mail, without telling who has one."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.core import mail
from django.test import Client

from app.accounts.models import User
from app.audit.models import Event
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
GIVEN = {
    "username": "grace",
    "email": "grace@example.org",
    "password1": "a long enough phrase",
    "password2": "a long enough phrase",
}


def sign_up(client: Client, **changes: str) -> str:
    """The address of the page that the form leads to; empty when the form is shown again."""
    response = client.post("/sign-up/", GIVEN | changes)
    assert response.status_code in (200, 302)
    return response.get("Location", "")


def link_in_mail() -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[1]


def test_from_the_form_to_the_confirmed_account(client: Client) -> None:
    assert sign_up(client) == "/sign-up/confirm/"
    assert "_auth_user_id" not in client.session
    assert client.post("/sign-in/", {"login": "grace", "password": GIVEN["password1"]})
    assert "_auth_user_id" not in client.session, "not before the address is confirmed"
    address = link_in_mail()
    assert EmailAddress.objects.get().verified is False
    assert client.get(address).status_code == 200
    assert EmailAddress.objects.get().verified is False, "looking at the link changes nothing"
    client.post(address)
    assert EmailAddress.objects.get().verified is True
    client.post("/sign-in/", {"login": "grace@example.org", "password": GIVEN["password1"]})
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    names = set(Event.objects.values_list("name", flat=True))
    assert {"accounts.user.signed_up", "accounts.email.confirmed"} <= names


def test_an_address_that_has_an_account_looks_like_a_new_one(client: Client) -> None:
    UserFactory(email="grace@example.org")
    assert sign_up(client) == "/sign-up/confirm/"
    assert User.objects.count() == 1
    assert "already" in mail.outbox[-1].body


@pytest.mark.parametrize(
    "name",
    ["ab", "admin", "API", "a b", "a/b", "../etc", "a@b", ".hidden", "a..b", "x" * 41, "Ünicode"],
)
def test_names_that_cannot_be_had(client: Client, name: str) -> None:
    assert sign_up(client, username=name) == ""
    assert not User.objects.exists()


def test_a_name_is_taken_in_any_letter_case(client: Client) -> None:
    UserFactory(username="grace")
    assert sign_up(client, username="GRACE", email="other@example.org") == ""
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "password", "grace@example.org"])
def test_weak_passwords(client: Client, password: str) -> None:
    assert sign_up(client, password1=password, password2=password) == ""


def test_a_program_that_fills_in_everything_makes_nothing(client: Client) -> None:
    sign_up(client, telephone="12345")
    assert not User.objects.exists()


def test_closed_by_setting(client: Client, settings: LazySettings) -> None:
    settings.SIGN_UP_OPEN = False
    page = client.get("/sign-up/").content.decode()
    assert "closed" in page.lower()
    client.post("/sign-up/", GIVEN)
    assert not User.objects.exists()
    assert "/sign-up/" not in client.get("/sign-in/").content.decode()


def test_whom_an_administrator_made_needs_no_confirmation(client: Client) -> None:
    user = UserFactory()
    client.post("/sign-in/", {"login": user.username, "password": "secret"})
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_forgotten_password(client: Client) -> None:
    user = UserFactory()
    client.post("/password/reset/", {"email": user.email})
    form = client.get(link_in_mail(), follow=True)
    target = form.request["PATH_INFO"]
    new = {"password1": "another long phrase", "password2": "another long phrase"}
    client.post(target, new)
    user.refresh_from_db()
    assert user.check_password("another long phrase")
    assert Event.objects.filter(name="accounts.user.password_reset", actor_id=user.pk).exists()


def test_the_reset_tells_nobody_who_has_an_account(client: Client) -> None:
    UserFactory(email="known@example.org")
    answers = [
        client.post("/password/reset/", {"email": email})
        for email in ("known@example.org", "unknown@example.org")
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1


@pytest.mark.parametrize("known", [True, False])
def test_links_in_mail_lead_to_the_portal_whatever_the_request_says(
    client: Client, settings: LazySettings, known: bool
) -> None:
    settings.SITE_URL = "https://portal.example.org"
    if known:
        UserFactory(email="grace@example.org")
    for path, given in (
        ("/password/reset/", {"email": "grace@example.org"}),
        ("/sign-up/", {**GIVEN, "username": "grace2"}),
    ):
        client.post(path, given, headers={"host": "evil.example.org"})
        assert "https://portal.example.org/" in mail.outbox[-1].body
        assert "evil" not in mail.outbox[-1].body
    assert len(mail.outbox) == 2
    assert "{" not in mail.outbox[0].body + mail.outbox[1].body


def test_a_closed_portal_does_not_invite_strangers(client: Client, settings: LazySettings) -> None:
    settings.SIGN_UP_OPEN = False
    client.post("/password/reset/", {"email": "nobody@example.org"})
    assert "no account with this address" in mail.outbox[-1].body
    assert "/sign-up/" not in mail.outbox[-1].body
