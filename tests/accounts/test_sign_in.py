"""Signing in and out, and where one is sent afterwards."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from tests.factories.accounts import UserFactory

SIGN_IN = "/sign-in/"


def sign_in(client: Client, username: str, password: str = "secret", **data: str) -> int:
    return client.post(SIGN_IN, {"login": username, "password": password, **data}).status_code


def signed_in_as(client: Client) -> str:
    return client.session.get("_auth_user_id", "")


def test_by_user_name_or_e_mail(user: User) -> None:
    for given in (user.username, user.email, user.email.upper(), f" {user.email}"):
        client = Client()
        assert sign_in(client, given) == 302
        assert signed_in_as(client) == str(user.pk)


@pytest.mark.parametrize("given", ["", "nobody", "nobody@example.org", "@", "a@b@c", "x" * 300])
def test_refused_without_a_hint_what_was_wrong(client: Client, user: User, given: str) -> None:
    assert sign_in(client, given) == 200
    assert signed_in_as(client) == ""


def test_wrong_password_and_unknown_name_look_alike(client: Client, user: User) -> None:
    pages = [
        client.post(SIGN_IN, {"login": name, "password": "wrong"}).context["form"].errors
        for name in (user.username, "nobody")
    ]
    assert pages[0] == pages[1]


def test_closed_accounts(client: Client, db: None) -> None:
    user = UserFactory(is_active=False)
    response = client.post(SIGN_IN, {"login": user.username, "password": "secret"}, follow=True)
    assert response.request["PATH_INFO"] == "/sign-in/closed/"
    assert signed_in_as(client) == ""


def test_hostile_input_is_no_server_error(client: Client, user: User) -> None:
    for given in ("\x00", "a\x00@b", "' OR 1=1 --", "🩻"):
        assert sign_in(client, given) == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_never_sent_elsewhere(client: Client, user: User, target: str) -> None:
    response = client.post(SIGN_IN, {"login": user.username, "password": "secret", "next": target})
    assert response["Location"] == "/"


def test_sent_where_one_wanted_to_go(client: Client, user: User) -> None:
    response = client.post(
        SIGN_IN, {"login": user.username, "password": "secret", "next": "/archives/?q=a"}
    )
    assert response["Location"] == "/archives/?q=a"


def test_the_session_changes_with_the_sign_in(client: Client, user: User) -> None:
    client.get(SIGN_IN)
    before = client.session.session_key
    sign_in(client, user.username)
    assert client.session.session_key != before


def test_sign_out_by_post_only(signed_in: Client) -> None:
    address = reverse("accounts:sign_out")
    assert signed_in.get(address).status_code == 405
    assert signed_in_as(signed_in)
    assert signed_in.post(address).status_code == 302
    assert signed_in_as(signed_in) == ""


def test_recorded_with_who_and_from_where(client: Client, user: User) -> None:
    client.post(SIGN_IN, {"login": user.username, "password": "wrong"}, REMOTE_ADDR="192.0.2.9")
    client.post(SIGN_IN, {"login": user.email, "password": "secret"}, REMOTE_ADDR="192.0.2.9")
    client.post(reverse("accounts:sign_out"))
    events = Event.objects.order_by("id").values_list("name", "actor_id", "address")
    assert list(events) == [
        ("accounts.user.sign_in_refused", None, "192.0.2.9"),
        ("accounts.user.signed_in", user.pk, "192.0.2.9"),
        ("accounts.user.signed_out", user.pk, "127.0.0.1"),
    ]
    refused = Event.objects.get(name="accounts.user.sign_in_refused")
    assert refused.data == {"given": user.username}
    assert "wrong" not in str(refused.data)


def test_the_demo_s_people_stand_beside_the_form(client: Client, db: None) -> None:
    assert b"Try the demo" in client.get(SIGN_IN).content
