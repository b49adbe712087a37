"""Where a person is signed in, and how they end it."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from app.accounts.models import User

pytestmark = pytest.mark.django_db


def signed_in_at(user: User, agent: str) -> Client:
    client = Client(headers={"user-agent": agent})
    client.post("/sign-in/", {"login": user.username, "password": "secret"})
    return client


def test_listed_with_device_and_address(user: User, stranger: User) -> None:
    laptop = signed_in_at(user, "Laptop/1.0")
    signed_in_at(user, "Phone/2.0").get("/")
    signed_in_at(stranger, "Spy/3.0").get("/")
    page = laptop.get("/account/sessions/").content.decode()
    assert "Laptop/1.0" in page
    assert "Phone/2.0" in page
    assert "127.0.0.1" in page
    assert "Spy/3.0" not in page


def test_sign_out_everywhere_else(user: User) -> None:
    laptop, phone = signed_in_at(user, "Laptop"), signed_in_at(user, "Phone")
    assert phone.get("/archives/").status_code == 200
    laptop.post("/account/sessions/")
    assert phone.get("/archives/").status_code == 302
    assert laptop.get("/archives/").status_code == 200


def test_a_new_password_ends_the_other_sessions(user: User) -> None:
    laptop, phone = signed_in_at(user, "Laptop"), signed_in_at(user, "Phone")
    new = "a very different phrase"
    laptop.post("/account/password/", {"oldpassword": "secret", "password1": new, "password2": new})
    user.refresh_from_db()
    assert user.check_password(new)
    assert laptop.get("/archives/").status_code == 200
    assert phone.get("/archives/").status_code == 302


def test_a_look_is_not_a_write(signed_in: Client, user: User) -> None:
    signed_in.get("/archives/")
    before = UserSession.objects.get(user=user).last_seen_at
    signed_in.get("/archives/")
    assert UserSession.objects.get(user=user).last_seen_at == before
