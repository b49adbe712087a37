"""The own profile, and the people of an object."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive

ADD = "accounts:add_person"


class TestProfile:
    def test_changed(self, signed_in: Client, user: User) -> None:
        data = {"first_name": "Ada", "last_name": "Løve", "institution": "Here"}
        assert signed_in.post(reverse("accounts:profile"), data).status_code == 302
        user.refresh_from_db()
        assert (user.display_name, user.institution) == ("Ada Løve", "Here")

    def test_nothing_else_can_be_changed(self, signed_in: Client, user: User) -> None:
        before = (user.username, user.email, user.password)
        signed_in.post(
            reverse("accounts:profile"),
            {"username": "root", "email": "x@y.z", "is_superuser": "1", "is_staff": "1"},
        )
        user.refresh_from_db()
        assert (user.username, user.email, user.password) == before
        assert (user.is_superuser, user.is_staff) == (False, False)

    def test_markup_in_a_name_is_text(self, signed_in: Client) -> None:
        signed_in.post(reverse("accounts:profile"), {"first_name": "<b>Ada</b>"})
        text = signed_in.get("/").content.decode()
        assert "<b>Ada</b>" not in text
        assert "&lt;b&gt;Ada&lt;/b&gt;" in text


class TestAdding:
    @pytest.mark.parametrize(
        ("username", "said"),
        [("nobody", "Nobody here"), ("no@body.org", "Nobody here"), ("", "required")],
    )
    def test_unknown_people(self, signed_in: Client, user: User, username: str, said: str) -> None:
        archive = make_archive(editor=user)
        back = reverse("archives:people", args=[archive.pk])
        data = {"username": username, "role": "USER", "next": back}
        response = signed_in.post(reverse(ADD, args=["archive", archive.pk]), data, follow=True)
        assert said in response.content.decode()
        assert archive.memberships.count() == 1

    def test_closed_accounts_are_nobody(self, signed_in: Client, user: User) -> None:
        archive = make_archive(editor=user)
        gone = UserFactory(is_active=False)
        signed_in.post(
            reverse(ADD, args=["archive", archive.pk]),
            {"username": gone.username, "role": "USER"},
        )
        assert archive.memberships.count() == 1

    def test_unknown_roles(self, signed_in: Client, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        response = signed_in.post(
            reverse(ADD, args=["archive", archive.pk]),
            {"username": stranger.username, "role": "OWNER"},
        )
        assert response.status_code == 400
        assert archive.memberships.count() == 1

    @pytest.mark.parametrize("key", ["archives", "user", "x" * 50])
    def test_unknown_kinds_of_objects(self, signed_in: Client, user: User, key: str) -> None:
        archive = make_archive(editor=user)
        assert signed_in.post(reverse(ADD, args=[key, archive.pk])).status_code == 404

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", ""])
    def test_never_sent_elsewhere(
        self, signed_in: Client, user: User, stranger: User, target: str
    ) -> None:
        archive = make_archive(editor=user)
        response = signed_in.post(
            reverse(ADD, args=["archive", archive.pk]),
            {"username": stranger.username, "role": "USER", "next": target},
        )
        assert response["Location"] == "/"


def test_removing_somebody_who_is_not_there(signed_in: Client, user: User) -> None:
    archive = make_archive(editor=user)
    for pk in (0, 10**18, 10**30):
        address = reverse("accounts:remove_person", args=["archive", archive.pk, pk])
        assert signed_in.post(address).status_code == 302
    assert archive.memberships.count() == 1
