"""Guessing passwords stops soon, whatever addresses a client claims to have."""

import pytest
from django.conf import LazySettings
from django.test import Client

from app.accounts.models import User
from app.audit.models import Event

pytestmark = pytest.mark.django_db


def guess(client: Client, name: str, password: str = "wrong", **headers: str) -> bytes:
    return client.post("/sign-in/", {"login": name, "password": password}, **headers).content


def test_an_account_rests_after_five_wrong_tries(client: Client, user: User) -> None:
    for number in range(5):
        guess(client, user.username, REMOTE_ADDR=f"192.0.2.{number}")
    answer = guess(client, user.username, "secret", REMOTE_ADDR="192.0.2.99")
    assert "_auth_user_id" not in client.session
    assert b"too many" in answer.lower()


def test_an_address_rests_whatever_names_it_tries(client: Client, user: User) -> None:
    statuses = []
    for number in range(31):
        given = {"login": f"nobody{number}", "password": "wrong"}
        statuses.append(client.post("/sign-in/", given, REMOTE_ADDR="192.0.2.7").status_code)
    assert statuses[-1] == 429
    guess(client, user.username, "secret", REMOTE_ADDR="192.0.2.8")
    assert client.session["_auth_user_id"] == str(user.pk), "others are not kept out"


def test_a_header_does_not_make_another_address(client: Client, user: User) -> None:
    last = 0
    for number in range(31):
        last = client.post(
            "/sign-in/",
            {"login": f"nobody{number}", "password": "wrong"},
            REMOTE_ADDR="192.0.2.7",
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
        ).status_code
    assert last == 429


def test_behind_proxies_of_ours_the_last_hops_count(
    client: Client, user: User, settings: LazySettings
) -> None:
    settings.TRUSTED_PROXIES = 1
    header = "203.0.113.1, 198.51.100.5"
    guess(client, user.username, REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR=header)
    refused = Event.objects.get(name="accounts.user.sign_in_refused")
    assert refused.address == "198.51.100.5", "what stands before was written by the client"


@pytest.mark.parametrize("header", ["", "nonsense", "1.2.3.4, <script>"])
def test_a_header_that_is_none(
    client: Client, user: User, settings: LazySettings, header: str
) -> None:
    settings.TRUSTED_PROXIES = 1
    guess(client, user.username, REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR=header)
    assert Event.objects.get(name="accounts.user.sign_in_refused").address == "10.0.0.2"
