"""Authenticator apps and recovery codes, and staff who must have a second factor."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import LazySettings
from django.test import Client

from app.accounts.models import User
from app.audit.models import Event
from tests.factories.accounts import UserFactory, sign_in

pytestmark = pytest.mark.django_db
APP = "/account/second-factor/app/"


def code_of(secret: str) -> str:
    counter = int(time.time()) // 30
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def set_up(client: Client) -> str:
    """Set an app up on the page, as a person does; return its secret."""
    page = client.get(APP).content.decode()
    assert "data:image/svg+xml" in page, "there is a code to scan"
    found = re.search(r'value="([A-Z2-7]{32})"', page)
    assert found, page[-3000:]
    assert client.post(APP, {"code": "000000"}).status_code == 200, "a wrong code changes nothing"
    response = client.post(APP, {"code": code_of(found[1])})
    assert response.status_code == 302, response.content[-2000:]
    return found[1]


@pytest.mark.django_db(transaction=True)  # events follow the commit
def test_set_up_and_asked_for_at_the_next_sign_in(client: Client, user: User) -> None:
    secret = set_up(sign_in(client, user))
    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    other = Client()
    given = {"login": user.username, "password": "secret"}
    assert other.post("/sign-in/", given)["Location"] == "/sign-in/second-factor/"
    assert "_auth_user_id" not in other.session
    other.post("/sign-in/second-factor/", {"code": "123"})
    assert "_auth_user_id" not in other.session
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    other.post("/sign-in/second-factor/", {"code": codes[0]})
    assert other.session["_auth_user_id"] == str(user.pk)
    assert secret not in str(Authenticator.objects.get(type="totp").data), "kept encrypted"
    names = list(Event.objects.order_by("id").values_list("name", flat=True))
    assert "accounts.second_factor.added" in names
    assert "accounts.second_factor.used" in names


def test_a_recovery_code_works_once(client: Client, user: User) -> None:
    set_up(sign_in(client, user))
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    for expected in (True, False):
        other = Client()
        other.post("/sign-in/", {"login": user.username, "password": "secret"})
        other.post("/sign-in/second-factor/", {"code": code})
        assert ("_auth_user_id" in other.session) is expected


def test_recovery_codes_are_shown_and_downloaded(client: Client, user: User) -> None:
    set_up(sign_in(client, user))
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    assert codes[0] in client.get("/account/second-factor/codes/").content.decode()
    saved = client.get("/account/second-factor/codes/download/")
    assert codes[-1] in saved.content.decode()
    assert saved["Content-Disposition"].startswith("attachment")


def test_changes_ask_who_is_there(client: Client, user: User) -> None:
    client.force_login(user)
    for address in (APP, "/account/passkeys/add/", "/profile/tokens/new/", "/account/password/"):
        response = client.get(address)
        if address != "/account/password/":
            assert response["Location"].startswith("/account/reauthenticate/"), address
    response = client.post(
        "/account/reauthenticate/?next=/profile/tokens/new/", {"password": "wrong"}
    )
    assert response.status_code == 200
    client.post("/account/reauthenticate/?next=/profile/tokens/new/", {"password": "secret"})
    assert client.get("/profile/tokens/new/").status_code == 200


class TestStaff:
    @pytest.fixture(autouse=True)
    def real_site(self, settings: LazySettings) -> None:
        settings.DEMO = False

    def test_led_to_the_security_page_and_nowhere_else(self, client: Client) -> None:
        sign_in(client, UserFactory(is_staff=True))
        for address in ("/", "/archives/", "/profile/"):
            assert client.get(address)["Location"] == "/account/security/"
        assert b"Set up a second factor" in client.get("/account/security/").content
        answer = client.get("/api/v1/archives/")
        assert (answer.status_code, answer.json()["code"]) == (403, "second-factor-needed")
        set_up(client)
        assert client.get("/archives/").status_code == 200

    def test_they_keep_the_last_one(self, client: Client) -> None:
        user = UserFactory(is_superuser=True)
        set_up(sign_in(client, user))
        client.post("/account/second-factor/app/remove/", {})
        assert Authenticator.objects.filter(user=user, type="totp").exists()

    def test_recovery_codes_alone_are_no_second_factor(self, client: Client) -> None:
        user = UserFactory(is_staff=True)
        set_up(sign_in(client, user))
        Authenticator.objects.filter(user=user, type="totp").delete()
        assert client.get("/archives/")["Location"] == "/account/security/"

    def test_others_may_do_without(self, signed_in: Client) -> None:
        assert signed_in.get("/archives/").status_code == 200


def test_in_the_demo_nobody_needs_one(client: Client) -> None:
    sign_in(client, UserFactory(is_staff=True, is_superuser=True))
    assert client.get("/archives/").status_code == 200
