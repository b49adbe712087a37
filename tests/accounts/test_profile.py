"""What a person says of themselves, and who sees it."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.audit.models import Event
from tests.api.conftest import Api
from tests.factories.accounts import UserFactory
from tests.factories.people import make_known_person, make_organization

pytestmark = pytest.mark.django_db
PROFILE = "/profile/"
GIVEN = {
    "first_name": "Ada",
    "last_name": "Løve",
    "institution": "Radboudumc",
    "department": "Imaging",
    "country": "NL",
    "website": "https://example.org/ada",
    "mail_preference": "OFF",
}


class TestOwnProfile:
    def test_everything_is_saved(self, signed_in: Client, user: User) -> None:
        assert user.mail_preference == User.MailPreference.INSTANT
        assert not user.has_complete_profile
        assert signed_in.post(PROFILE, GIVEN).status_code == 302
        user.refresh_from_db()
        assert {name: str(getattr(user, name)) for name in GIVEN} == GIVEN
        assert user.has_complete_profile

    @pytest.mark.parametrize(
        "website",
        ["javascript:alert(1)", "ftp://example.org", "data:text/html,x", "http://", "x y"],
    )
    def test_other_addresses_than_of_the_web(
        self, signed_in: Client, user: User, website: str
    ) -> None:
        page = signed_in.post(PROFILE, GIVEN | {"website": website})
        assert page.status_code == 200
        assert "website" in page.context["form"].errors
        user.refresh_from_db()
        assert user.website == ""

    def test_a_bare_host_is_taken_as_https(self, signed_in: Client, user: User) -> None:
        signed_in.post(PROFILE, GIVEN | {"website": "example.org"})
        user.refresh_from_db()
        assert user.website == "https://example.org"

    @pytest.mark.parametrize("field", ["country", "mail_preference"])
    def test_choices_that_are_none(self, signed_in: Client, user: User, field: str) -> None:
        page = signed_in.post(PROFILE, GIVEN | {field: "XX"})
        assert field in page.context["form"].errors

    def test_the_event_names_fields_and_no_values(self, signed_in: Client, user: User) -> None:
        signed_in.post(PROFILE, GIVEN)
        event = Event.objects.get(name="accounts.profile.changed")
        assert event.actor_id == user.pk
        assert sorted(GIVEN) == event.data["fields"]
        assert "Løve" not in str(event.data)

    def test_nothing_changed_is_no_event(self, signed_in: Client, user: User) -> None:
        signed_in.post(PROFILE, GIVEN)
        signed_in.post(PROFILE, GIVEN)
        assert Event.objects.filter(name="accounts.profile.changed").count() == 1


class TestPublicProfile:
    def address(self, person: User) -> str:
        return reverse("people:person", args=[person.username])

    def test_what_others_see(self, signed_in: Client) -> None:
        person = make_known_person(first_name="Ada", last_name="Love", website="https://a.example")
        make_organization(title="Society of Radiology", members=(person,))
        text = signed_in.get(self.address(person)).content.decode()
        for said in ("Ada Love", "Radboudumc", "Imaging", "Netherlands", "https://a.example"):
            assert said in text
        assert "Society of Radiology" in text
        assert "Not verified" in text
        assert person.email not in text

    def test_visitors_see_nothing(self, client: Client, user: User) -> None:
        assert client.get(self.address(user)).status_code == 302

    def test_nobody_and_closed_accounts_look_alike(self, signed_in: Client) -> None:
        gone = UserFactory(is_active=False)
        assert signed_in.get(self.address(gone)).status_code == 404
        assert signed_in.get("/people/nobody/").status_code == 404
        assert signed_in.get("/people/a%00b/").status_code == 404

    @pytest.mark.parametrize("username", ["a.b@c", "a+b", "Zoë", "new"])
    def test_every_user_name_has_a_page(self, signed_in: Client, username: str) -> None:
        assert signed_in.get(self.address(UserFactory(username=username))).status_code == 200

    def test_markup_is_text(self, signed_in: Client) -> None:
        person = make_known_person(institution="<b>Here</b>")
        assert b"<b>Here</b>" not in signed_in.get(self.address(person)).content


class TestApi:
    def test_empty(self, user: User) -> None:
        found = Api(user).get("profiles/users/self/")
        assert (found["department"], found["location"], found["website"]) == ("", None, None)
        assert found["mugshot"].endswith("mark.svg")

    def test_filled(self) -> None:
        person = make_known_person(website="https://a.example")
        found = Api(person).get("profiles/users/self/")
        assert found["user"]["username"] == person.username
        assert found["institution"] == "Radboudumc"
        assert found["department"] == "Imaging"
        assert found["location"] == "Netherlands"
        assert found["website"] == "https://a.example"
