"""Organizations: administrators make them, editors look after them, everybody sees them."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from app.people.models import Organization
from tests.api.conftest import Api
from tests.factories.accounts import UserFactory
from tests.factories.people import make_administrator, make_organization, make_picture

pytestmark = pytest.mark.django_db
NEW = "/organizations/new/"


def page(name: str, organization: Organization) -> str:
    return reverse(f"people:{name}", args=[organization.pk])


def logo(data: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.png", data or make_picture(), content_type="image/png")


@pytest.fixture
def admin(client: Client) -> User:
    administrator = make_administrator()
    client.force_login(administrator)
    return administrator


class TestMaking:
    def test_with_everything(self, client: Client, admin: User, user: User, media: Path) -> None:
        given = {
            "title": "Karolinska",
            "description": "A hospital.",
            "website": "https://k.example",
            "country": "SE",
            "editor": user.email,
            "logo": logo(),
        }
        assert client.post(NEW, given).status_code == 302
        made = Organization.objects.get()
        assert (made.slug, made.country.name) == ("karolinska", "Sweden")
        assert [(row.user, row.role) for row in made.memberships.all()] == [(user, "EDITOR")]
        assert len(list(media.glob("pictures/*"))) == 1
        assert Event.objects.filter(name="people.organization.created", actor=admin).exists()

    def test_whoever_makes_it_edits_it_else(self, client: Client, admin: User) -> None:
        client.post(NEW, {"title": "Charité"})
        assert Organization.objects.get().memberships.get().user == admin

    def test_administrators_only(self, signed_in: Client, user: User) -> None:
        assert signed_in.get(NEW).status_code == 404
        assert signed_in.post(NEW, {"title": "Mine"}).status_code == 404
        Api(user).post("organizations/", {"title": "Mine"}, status=404)
        assert not Organization.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", ""),
            ("website", "javascript:alert(1)"),
            ("country", "Sweden"),
            ("editor", "nobody"),
            ("logo", "bad"),
        ],
    )
    def test_what_is_wrong_is_told_and_nothing_made(
        self, client: Client, admin: User, field: str, value: str
    ) -> None:
        wrong: Any = logo(b"<svg/>") if field == "logo" else value
        answer = client.post(NEW, {"title": "Charité", field: wrong})
        assert answer.status_code == 200
        assert field in answer.context["form"].errors
        assert not Organization.objects.exists()

    def test_a_name_once(self, client: Client, admin: User) -> None:
        make_organization(title="Charité")
        assert "title" in client.post(NEW, {"title": "Charité"}).context["form"].errors


class TestLookingAndChanging:
    def test_everybody_signed_in_looks(self, signed_in: Client, client: Client) -> None:
        found = make_organization(title="Charité", members=(UserFactory(last_name="Berg"),))
        assert "Charité" in signed_in.get("/organizations/").content.decode()
        text = signed_in.get(page("organization", found)).content.decode()
        assert "Berg" in text
        assert ">Edit<" not in text
        assert Client().get(page("organization", found)).status_code == 302

    def test_editors_change_it(
        self, signed_in: Client, user: User, media: Path, django_capture_on_commit_callbacks: Any
    ) -> None:
        found = make_organization(editor=user, title="Charite", description="Old.")
        edit = page("edit_organization", found)
        signed_in.post(edit, {"title": "Charité", "description": "New.", "logo": logo()})
        found.refresh_from_db()
        assert (found.title, found.description) == ("Charité", "New.")
        assert found.picture_url
        shown = signed_in.get(page("organization", found)).content.decode()
        assert found.picture_url.replace("&", "&amp;") in shown
        with django_capture_on_commit_callbacks(execute=True):
            signed_in.post(edit, {"title": "Charité", "remove_logo": "on"})
        found.refresh_from_db()
        assert found.logo is None
        assert list(media.glob("pictures/*")) == []

    def test_a_bad_logo_changes_nothing(self, signed_in: Client, user: User) -> None:
        found = make_organization(editor=user, title="Charite")
        answer = signed_in.post(
            page("edit_organization", found), {"title": "Charité", "logo": logo(b"no")}
        )
        assert "logo" in answer.context["form"].errors
        found.refresh_from_db()
        assert found.title == "Charite"

    def test_members_do_not(self, signed_in: Client, user: User) -> None:
        found = make_organization(members=(user,))
        for name in ("edit_organization", "organization_people"):
            assert signed_in.get(page(name, found)).status_code == 404
        assert signed_in.post(page("delete_organization", found)).status_code == 404
        add = reverse("accounts:add_person", args=["organization", found.pk])
        assert signed_in.post(add, {"username": user.username, "role": "EDITOR"}).status_code == 404

    def test_editors_manage_people(self, signed_in: Client, user: User, stranger: User) -> None:
        found = make_organization(editor=user)
        add = reverse("accounts:add_person", args=["organization", found.pk])
        signed_in.post(add, {"username": stranger.username, "role": "MEMBER"})
        assert found.memberships.get(user=stranger).role == "MEMBER"
        assert (
            stranger.username in signed_in.get(page("organization_people", found)).content.decode()
        )

    def test_only_administrators_delete(
        self, client: Client, admin: User, user: User, stranger: User
    ) -> None:
        found = make_organization(editor=user)
        editor = Client()
        editor.force_login(user)
        assert editor.post(page("delete_organization", found)).status_code == 404
        assert client.post(page("delete_organization", found)).status_code == 302
        assert not Organization.objects.exists()
        assert User.objects.filter(pk=user.pk).exists()


class TestApi:
    def test_read_by_everybody(self, user: User) -> None:
        found = make_organization(title="Charité", country="DE")
        make_organization(country="SE")
        api = Api(user)
        assert api.get("organizations/")["count"] == 2
        assert [row["title"] for row in api.get("organizations/?country=DE")["results"]] == [
            "Charité"
        ]
        one = api.get(f"organizations/{found.pk}/")
        assert (one["pk"], one["country"], one["slug"]) == (str(found.pk), "DE", "charite")
        assert one["logo"].endswith("mark.svg")

    def test_changed_by_editors(self, user: User, stranger: User) -> None:
        found = make_organization(editor=user)
        body = {"title": "Charité", "country": "DE", "website": "https://c.example"}
        changed = Api(user).call("PATCH", f"organizations/{found.pk}/", body)
        assert changed.status_code == 200
        found.refresh_from_db()
        assert (found.title, found.country.code) == ("Charité", "DE")
        refused = Api(stranger).call("PATCH", f"organizations/{found.pk}/", body)
        assert refused.status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {"country": "XX"},
            {"website": "javascript:alert(1)"},
            {"title": ""},
            {"title": "a\x00"},
            {"title": "Taken"},
        ],
    )
    def test_refused(self, body: dict[str, str]) -> None:
        make_organization(title="Taken")
        api = Api(make_administrator())
        found = make_organization()
        answer = api.call("PATCH", f"organizations/{found.pk}/", body)
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        api.post("organizations/", {"title": "Other"} | body, status=400)

    def test_made_by_administrators(self) -> None:
        admin = make_administrator()
        made = Api(admin).post("organizations/", {"title": "Charité"})
        assert Organization.objects.get(pk=made["pk"]).memberships.get().user == admin
