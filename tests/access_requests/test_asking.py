"""Asking: what each access mode does, and how often one may ask."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_role, revoke_role
from app.audit.models import Event
from app.challenges.policies import CHALLENGES
from app.core.errors import Conflict, LimitReached, ValidationFailed
from app.notifications.models import Notification
from app.requests.registry import kinds
from app.requests.services import ask_for_access, reject_request, withdraw_request
from app.requests.services.asking import MOST_WAITING
from archives.models import ArchiveRequest
from archives.policies import ARCHIVES
from tests.factories.accounts import UserFactory
from tests.factories.algorithms import make_algorithm
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge
from tests.factories.studies import make_study

pytestmark = pytest.mark.django_db

MAKERS = [make_archive, make_study, make_algorithm, make_challenge]


def role_on(target: Any, user: User) -> str:
    row = target.memberships.filter(user=user).first()
    return row.role if row else ""


def age(request: Any, **by: int) -> None:
    """Let a request be older than it is."""
    moment = timezone.now() - timedelta(**by)
    type(request).objects.filter(pk=request.pk).update(created=moment, decided_at=moment)


@pytest.mark.parametrize("make", MAKERS)
class TestModes:
    def test_an_editor_decides(self, make: Any, stranger: User) -> None:
        target = make(access_mode="MANUAL")
        outcome = ask_for_access(user=stranger, target=target, message=" Please. ")
        assert (outcome.accepted, outcome.request.message) == (False, "Please.")
        assert role_on(target, stranger) == ""

    def test_everybody_gets_in(self, make: Any, stranger: User) -> None:
        target = make(access_mode="AUTOMATIC")
        outcome = ask_for_access(user=stranger, target=target)
        assert outcome.accepted
        assert role_on(target, stranger) == outcome.request.role
        granted = Event.objects.filter(name="accounts.role.granted", object_id=str(target.pk))
        assert stranger.pk in [event.data["user"] for event in granted]

    def test_only_verified_people_get_in_at_once(
        self, make: Any, user: User, verified: User
    ) -> None:
        target = make(access_mode="VERIFIED")
        assert not ask_for_access(user=user, target=target).accepted
        assert ask_for_access(user=verified, target=target).accepted

    def test_nobody_can_ask(self, make: Any, stranger: User) -> None:
        target = make(access_mode="CLOSED")
        with pytest.raises(Conflict, match="Nobody can ask"):
            ask_for_access(user=stranger, target=target)
        assert not target.access_requests.exists()


def test_every_kind_of_object_can_be_asked_for() -> None:
    assert [kind.key for kind in kinds()] == ["algorithm", "archive", "challenge", "reader-study"]
    for kind in kinds():
        assert kind.roles[0] in kind.policy.grants
        assert not set(kind.roles) & set(kind.policy.roles_with("manage")), "never an owner"


class TestRoles:
    def test_only_the_first_role_comes_by_itself(self, stranger: User) -> None:
        archive = make_archive(access_mode="AUTOMATIC")
        assert not ask_for_access(user=stranger, target=archive, role="UPLOADER").accepted

    def test_a_user_may_ask_to_upload(self, stranger: User) -> None:
        archive = make_archive(members={"USER": stranger})
        assert ask_for_access(user=stranger, target=archive, role="UPLOADER").request.is_open

    @pytest.mark.parametrize("role", ["EDITOR", "KING", "user"])
    def test_owners_are_not_made_this_way(self, role: str, stranger: User) -> None:
        with pytest.raises(ValidationFailed):
            ask_for_access(user=stranger, target=make_archive(access_mode="AUTOMATIC"), role=role)

    def test_whoever_has_access_need_not_ask(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, members={"UPLOADER": stranger})
        for person in (user, stranger):
            with pytest.raises(Conflict, match="already have access"):
                ask_for_access(user=person, target=archive)
        assert role_on(archive, user) == "EDITOR"

    def test_what_everybody_may_needs_no_role(self, stranger: User) -> None:
        archive = make_archive(public=True)
        with pytest.raises(Conflict, match="open to everybody"):
            ask_for_access(user=stranger, target=archive)
        assert ask_for_access(user=stranger, target=archive, role="UPLOADER").request.is_open

    def test_an_evaluator_does_not_slip_into_the_participants(self, stranger: User) -> None:
        challenge = make_challenge(public=True)
        grant_role(CHALLENGES, actor=None, obj=challenge, user=stranger, role="EVALUATOR")
        with pytest.raises(Conflict, match="external evaluator"):
            ask_for_access(user=stranger, target=challenge)
        assert role_on(challenge, stranger) == "EVALUATOR"


class TestOnceDecided:
    def test_whoever_was_sent_away_waits_for_an_editor(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, access_mode="AUTOMATIC")
        assert ask_for_access(user=stranger, target=archive).accepted
        revoke_role(ARCHIVES, actor=user, obj=archive, user=stranger)
        assert not ask_for_access(user=stranger, target=archive).accepted

    def test_whoever_was_turned_down_waits_for_an_editor(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        request = ask_for_access(user=stranger, target=archive).request
        reject_request(actor=user, request=request)
        age(request, days=2)
        archive.access_mode = "AUTOMATIC"
        archive.save()
        assert not ask_for_access(user=stranger, target=archive).accepted


class TestLimits:
    def test_one_open_request(self, stranger: User) -> None:
        archive = make_archive()
        ask_for_access(user=stranger, target=archive)
        with pytest.raises(Conflict, match="already asked"):
            ask_for_access(user=stranger, target=archive, role="UPLOADER")

    def test_not_within_a_day_of_a_rejection(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        request = ask_for_access(user=stranger, target=archive).request
        reject_request(actor=user, request=request)
        with pytest.raises(LimitReached, match="less than a day") as caught:
            ask_for_access(user=stranger, target=archive)
        assert caught.value.data["next_at"] > timezone.now().isoformat()
        age(request, hours=25)
        assert ask_for_access(user=stranger, target=archive).request.is_open

    def test_three_rejections_are_enough(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        for _ in range(3):
            request = ask_for_access(user=stranger, target=archive).request
            reject_request(actor=user, request=request)
            age(request, days=2)
        with pytest.raises(LimitReached, match="3 times"):
            ask_for_access(user=stranger, target=archive)
        assert ask_for_access(user=UserFactory(), target=archive).request.is_open
        assert ask_for_access(user=stranger, target=make_archive()).request.is_open

    def test_withdrawing_does_not_let_one_ask_without_end(self, stranger: User) -> None:
        archive = make_archive()
        for _ in range(3):
            request = ask_for_access(user=stranger, target=archive).request
            withdraw_request(actor=stranger, request=request)
        with pytest.raises(LimitReached, match="within a day"):
            ask_for_access(user=stranger, target=archive)

    def test_open_requests_of_one_person(self, stranger: User) -> None:
        ArchiveRequest.objects.bulk_create(
            ArchiveRequest(target=make_archive(), user=stranger, role="USER")
            for _ in range(MOST_WAITING)
        )
        with pytest.raises(LimitReached, match="waiting"):
            ask_for_access(user=stranger, target=make_study())


class TestTelling:
    def test_every_editor_and_nobody_else(self, user: User, stranger: User) -> None:
        second, closed, member = UserFactory(), UserFactory(is_active=False), UserFactory()
        archive = make_archive(editor=user, members={"USER": member}, title="Knees")
        for person in (second, closed):
            grant_role(ARCHIVES, actor=user, obj=archive, user=person, role="EDITOR")
        request = ask_for_access(user=stranger, target=archive).request
        told = Notification.objects.filter(kind="access.requested")
        assert {row.user for row in told} == {user, second}
        assert told[0].url == f"/requests/archive/{request.pk}/"
        assert stranger.display_name in told[0].text
        assert "Knees" in told[0].text

    def test_long_names_fit(self, user: User) -> None:
        asker = UserFactory(first_name="x" * 150, last_name="y" * 150)
        archive = make_archive(editor=user, title="t" * 200)
        ask_for_access(user=asker, target=archive)
        assert Notification.objects.get(user=user).text.endswith("(user).")

    def test_nobody_is_bothered_where_nobody_decides(self, user: User, stranger: User) -> None:
        ask_for_access(user=stranger, target=make_archive(editor=user, access_mode="AUTOMATIC"))
        assert not Notification.objects.exists()
