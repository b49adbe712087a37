"""Pages of a challenge: who reads which, and what becomes of the text."""

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.models import Event
from app.challenges.models import Challenge, ChallengePage
from app.challenges.pages import pages_of
from app.challenges.policies import CHALLENGES
from app.challenges.services import create_page, delete_page, update_page
from app.challenges.services.pages import MOST_PAGES
from app.core.errors import Conflict
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge(user: User) -> Challenge:
    return make_challenge(admin=user, public=True)


def write(challenge: Challenge, user: User, **fields: object) -> ChallengePage:
    values = {"title": "Rules", "content": "# Fair play\n\n<b>bold</b>"} | fields
    return create_page(actor=user, challenge=challenge, **values)  # type: ignore[arg-type]


def titles(challenge: Challenge, viewer: User) -> list[str]:
    return [page.title for page in pages_of(challenge, viewer=viewer)]


def test_everybody_reads_what_is_for_them_in_order(
    challenge: Challenge, user: User, stranger: User
) -> None:
    write(challenge, user, title="Third", order=3)
    write(challenge, user, title="Second", order=2, visibility="PARTICIPANTS")
    write(challenge, user, title="First", order=1, visibility="ORGANIZERS")
    participant, evaluator = UserFactory(), UserFactory()
    grant_role(CHALLENGES, actor=user, obj=challenge, user=participant, role="PARTICIPANT")
    grant_role(CHALLENGES, actor=user, obj=challenge, user=evaluator, role="EVALUATOR")
    assert titles(challenge, user) == ["First", "Second", "Third"]
    assert titles(challenge, participant) == ["Second", "Third"]
    assert titles(challenge, evaluator) == ["Second", "Third"]
    assert titles(challenge, stranger) == ["Third"]


def test_the_organizer_of_another_challenge_is_a_stranger(
    challenge: Challenge, user: User, stranger: User
) -> None:
    make_challenge(admin=stranger)
    write(challenge, user, visibility="ORGANIZERS")
    assert titles(challenge, stranger) == []


def test_an_address_stays_and_is_the_challenges_own(challenge: Challenge, user: User) -> None:
    page = write(challenge, user)
    assert write(challenge, user).slug == "rules-2"
    assert write(make_challenge(admin=user), user).slug == "rules"
    update_page(actor=user, page=page, title="Other")
    page.refresh_from_db()
    assert (page.title, page.slug) == ("Other", "rules")


def test_there_are_not_too_many(challenge: Challenge, user: User) -> None:
    for number in range(MOST_PAGES):
        write(challenge, user, title=f"Page {number}")
    with pytest.raises(Conflict, match="at most"):
        write(challenge, user)


def test_a_deleted_text_is_kept_in_the_history(challenge: Challenge, user: User) -> None:
    delete_page(actor=user, page=write(challenge, user))
    assert "Fair play" in Event.objects.get(name="challenges.page.deleted").data["content"]
    assert not ChallengePage.objects.exists()


class TestSite:
    def test_written_previewed_and_read(
        self, challenge: Challenge, user: User, stranger: User, client: Client
    ) -> None:
        sign_in(client, user)
        preview = reverse("challenges:preview_page", args=[challenge.pk])
        assert (
            "<h2>Fair play</h2>"
            in client.post(preview, {"content": "# Fair play"}).content.decode()
        )
        new = reverse("challenges:create_page", args=[challenge.pk])
        sent = {
            "title": "Rules",
            "visibility": "EVERYBODY",
            "order": 1,
            "content": "# Fair play\n\n<b>bold</b>",
        }
        assert client.post(new, sent).status_code == 302
        page = ChallengePage.objects.get()
        client.post(reverse("challenges:edit_page", args=[page.pk]), {**sent, "title": "Our rules"})
        sign_in(client, stranger)
        shown = client.get(
            reverse("challenges:page", args=[challenge.pk, "rules"])
        ).content.decode()
        assert "<h2>Fair play</h2>" in shown
        assert "&lt;b&gt;bold&lt;/b&gt;" in shown
        assert (
            "Our rules"
            in client.get(reverse("challenges:detail", args=[challenge.pk])).content.decode()
        )

    def test_what_is_not_for_somebody_is_not_there(
        self, challenge: Challenge, user: User, stranger: User, client: Client
    ) -> None:
        page = write(challenge, user, visibility="ORGANIZERS")
        sign_in(client, stranger)
        for address in (
            reverse("challenges:page", args=[challenge.pk, page.slug]),
            reverse("challenges:edit_page", args=[page.pk]),
            reverse("challenges:page", args=[make_challenge(admin=user).pk, page.slug]),
        ):
            assert client.get(address).status_code == 404
