"""Deciding: roles, words, verification, and those who are faster."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.models import Event
from app.challenges.policies import CHALLENGES
from app.core.errors import Conflict
from app.notifications.models import Notification
from app.requests.errors import AlreadyDecided, RequestGone
from app.requests.models import AccessRequest
from app.requests.services import (
    accept_due_requests,
    accept_request,
    accept_requests,
    accept_requests_of_verified,
    ask_for_access,
    reject_request,
    withdraw_request,
)
from app.requests.tasks import accept_verified, reconcile_requests
from archives.models import Archive, ArchiveRequest
from archives.policies import ARCHIVES
from archives.services import delete_archive, update_archive
from tests.access_requests.conftest import Race
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge
from tests.factories.studies import make_study

pytestmark = pytest.mark.django_db


def ask(user: User, target: Any, **more: str) -> Any:
    return ask_for_access(user=user, target=target, **more).request


def role_on(target: Any, user: User) -> str:
    row = target.memberships.filter(user=user).first()
    return row.role if row else ""


def verify(user: User) -> None:
    User.objects.filter(pk=user.pk).update(verified_at=timezone.now())
    user.refresh_from_db()


class TestDecisions:
    def test_accepting_gives_the_role(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, title="Knees")
        request = ask(stranger, archive, role="UPLOADER")
        assert accept_request(actor=user, request=request, reason=" Welcome. ")
        request.refresh_from_db()
        assert (request.state, request.decided_by, request.reason) == ("ACCEPTED", user, "Welcome.")
        assert role_on(archive, stranger) == "UPLOADER"
        told = Notification.objects.get(user=stranger)
        assert (told.kind, told.url) == ("access.decided", f"/requests/archive/{request.pk}/")
        assert told.text == "Your request for the archive “Knees” was accepted. Welcome."

    def test_turning_down_gives_nothing(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        request = ask(stranger, archive)
        reject_request(actor=user, request=request, reason="Only for the trial.")
        request.refresh_from_db()
        assert (request.state, request.reason) == ("REJECTED", "Only for the trial.")
        assert role_on(archive, stranger) == ""
        assert "rejected. Only for the trial." in Notification.objects.get(user=stranger).text

    def test_every_move_is_recorded(self, user: User, stranger: User) -> None:
        request = ask(stranger, make_archive(editor=user))
        accept_request(actor=user, request=request)
        events = Event.objects.filter(object_id=str(request.pk)).order_by("id")
        assert [(event.name, event.actor_id) for event in events] == [
            ("access_requests.request.made", stranger.pk),
            ("archives.archiverequest.state_changed", user.pk),
        ]

    def test_several_at_once_each_on_its_own(self, user: User) -> None:
        archive = make_archive(editor=user)
        askers = [UserFactory() for _ in range(3)]
        requests = [ask(asker, archive) for asker in askers]
        withdraw_request(actor=askers[1], request=requests[1])
        accepted, hindrances = accept_requests(actor=user, requests=requests)
        assert accepted == 2
        assert ["withdrawn" in one.message for one in hindrances] == [True]
        assert [role_on(archive, asker) for asker in askers] == ["USER", "", "USER"]


class TestMeanwhile:
    """Something happened between asking and deciding."""

    @pytest.mark.parametrize("role", ["USER", "UPLOADER", "EDITOR"])
    def test_a_role_that_allows_as_much_stays(self, role: str, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        request = ask(stranger, archive)
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role=role)
        assert not accept_request(actor=user, request=request)
        request.refresh_from_db()
        assert (request.state, role_on(archive, stranger)) == ("ACCEPTED", role)

    def test_a_role_of_another_sort_is_for_people_to_sort_out(
        self, user: User, stranger: User
    ) -> None:
        challenge = make_challenge(admin=user)
        request = ask(stranger, challenge)
        grant_role(CHALLENGES, actor=user, obj=challenge, user=stranger, role="EVALUATOR")
        with pytest.raises(Conflict, match="external evaluator"):
            accept_request(actor=user, request=request)
        request.refresh_from_db()
        assert (request.state, role_on(challenge, stranger)) == ("PENDING", "EVALUATOR")

    def test_withdrawn(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        request = ask(stranger, archive)
        withdraw_request(actor=stranger, request=request)
        for decide in (accept_request, reject_request):
            with pytest.raises(AlreadyDecided, match="has withdrawn"):
                decide(actor=user, request=request)
        assert role_on(archive, stranger) == ""

    def test_decided_by_another_editor(self, user: User, stranger: User) -> None:
        other, request = UserFactory(), ask(stranger, make_archive(editor=user))
        reject_request(actor=other, request=request)
        with pytest.raises(AlreadyDecided, match=f"{other.display_name} has already rejected"):
            accept_request(actor=user, request=request)
        with pytest.raises(AlreadyDecided):
            withdraw_request(actor=stranger, request=request)

    def test_the_object_was_deleted(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user, title="Knees")
        request = ask(stranger, archive)
        delete_archive(actor=user, archive=Archive.objects.get(pk=archive.pk))
        with pytest.raises(RequestGone):
            accept_request(actor=user, request=request)
        told = Notification.objects.get(user=stranger)
        assert told.text == "The archive “Knees” was deleted; your request is closed."

    def test_decided_requests_are_deleted_in_silence(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        reject_request(actor=user, request=ask(stranger, archive))
        Notification.objects.all().delete()
        archive.delete()
        assert not Notification.objects.exists()


class TestVerification:
    def test_waiting_requests_are_accepted(self, user: User, stranger: User) -> None:
        open_to_verified = make_archive(editor=user, access_mode="VERIFIED")
        study = make_study(access_mode="VERIFIED")
        by_editor = make_archive(access_mode="MANUAL")
        requests = [ask(stranger, target) for target in (open_to_verified, study, by_editor)]
        verify(stranger)
        assert accept_requests_of_verified(stranger) == 2
        assert accept_requests_of_verified(stranger) == 0
        for request in requests:
            request.refresh_from_db()
        assert [request.state for request in requests] == ["ACCEPTED", "ACCEPTED", "PENDING"]
        assert requests[0].decided_by is None
        assert Notification.objects.filter(user=stranger, kind="access.decided").count() == 2

    def test_nothing_for_others(self, user: User, stranger: User) -> None:
        request = ask(stranger, make_archive(access_mode="VERIFIED"))
        verify(user)
        accept_verified(user.pk)
        reconcile_requests()
        request.refresh_from_db()
        assert request.is_open

    def test_saving_a_verified_person_is_enough(
        self, stranger: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        archive = make_archive(access_mode="VERIFIED")
        ask(stranger, archive)
        stranger.verified_at = timezone.now()
        with django_capture_on_commit_callbacks() as callbacks:
            stranger.save(update_fields=["verified_at"])
        assert len(callbacks) == 1
        with django_capture_on_commit_callbacks() as callbacks:
            stranger.save(update_fields=["last_login"])
        assert not callbacks

    def test_the_reconciler_finds_what_became_due(self, user: User, stranger: User) -> None:
        archive, late = make_archive(editor=user), make_archive(access_mode="VERIFIED")
        requests = [ask(stranger, archive), ask(stranger, late)]
        reconcile_requests()
        update_archive(actor=user, archive=archive, access_mode="AUTOMATIC")
        verify(stranger)
        reconcile_requests()
        for request in requests:
            request.refresh_from_db()
        assert [request.state for request in requests] == ["ACCEPTED", "ACCEPTED"]

    def test_other_roles_wait_for_an_editor(self, stranger: User) -> None:
        verify(stranger)
        ask(stranger, make_archive(access_mode="VERIFIED"), role="UPLOADER")
        assert accept_due_requests() == 0

    def test_what_an_editor_must_look_at_is_left(self, user: User, stranger: User) -> None:
        challenge = make_challenge(admin=user)
        request = ask(stranger, challenge)
        grant_role(CHALLENGES, actor=user, obj=challenge, user=stranger, role="EVALUATOR")
        challenge.access_mode = "AUTOMATIC"
        challenge.save()
        assert accept_due_requests() == 0
        request.refresh_from_db()
        assert request.is_open


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture
    def asker(self) -> User:
        return UserFactory()

    @pytest.fixture
    def archive(self) -> Archive:
        return make_archive()

    def test_two_editors_decide_differently(
        self, race: Race, asker: User, archive: Archive
    ) -> None:
        one, two = UserFactory(), UserFactory()
        request = ask(asker, archive)
        outcomes = race(
            lambda: accept_request(actor=one, request=ArchiveRequest.objects.get(pk=request.pk)),
            lambda: reject_request(actor=two, request=ArchiveRequest.objects.get(pk=request.pk)),
        )
        assert sum(isinstance(outcome, AlreadyDecided) for outcome in outcomes) == 1, outcomes
        request.refresh_from_db()
        accepted = request.state == AccessRequest.State.ACCEPTED
        assert request.decided_by == (one if accepted else two)
        assert role_on(archive, asker) == ("USER" if accepted else "")
        assert Notification.objects.filter(user=asker).count() == 1

    def test_two_editors_accept(self, race: Race, asker: User, archive: Archive) -> None:
        editors, request = [UserFactory(), UserFactory()], ask(asker, archive)
        outcomes = race(
            *[lambda who=who: accept_request(actor=who, request=request) for who in editors]
        )
        assert sorted(str(type(outcome).__name__) for outcome in outcomes) == [
            "AlreadyDecided",
            "bool",
        ]
        assert role_on(archive, asker) == "USER"

    def test_withdrawing_while_it_is_accepted(
        self, race: Race, asker: User, archive: Archive
    ) -> None:
        editor, request = UserFactory(), ask(asker, archive)
        race(
            lambda: accept_request(actor=editor, request=request),
            lambda: withdraw_request(actor=asker, request=request),
        )
        request.refresh_from_db()
        has_role = role_on(archive, asker) == "USER"
        assert (request.state == "ACCEPTED") == has_role
        assert request.state in {"ACCEPTED", "WITHDRAWN"}

    def test_asking_twice_at_once(self, race: Race, asker: User, archive: Archive) -> None:
        outcomes = race(*[lambda: ask_for_access(user=asker, target=archive)] * 4)
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3, outcomes
        assert archive.access_requests.count() == 1

    def test_joining_twice_at_once(self, race: Race, asker: User) -> None:
        challenge = make_challenge(public=True)
        outcomes = race(*[lambda: ask_for_access(user=asker, target=challenge)] * 3)
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 2, outcomes
        assert challenge.memberships.filter(user=asker).count() == 1

    def test_deleting_while_it_is_accepted(self, race: Race, asker: User) -> None:
        editor = UserFactory()
        for _ in range(5):
            archive = make_archive(editor=editor)
            request = ask(asker, archive)
            outcomes = race(
                lambda request=request: accept_request(actor=editor, request=request),
                lambda archive=archive: delete_archive(actor=editor, archive=archive),
            )
            assert outcomes[1] is None, outcomes
            assert outcomes[0] is True or isinstance(outcomes[0], RequestGone), outcomes
            assert not Archive.objects.filter(title=archive.title).exists()
            assert Notification.objects.filter(user=asker).count() == 1
            Notification.objects.all().delete()

    def test_another_editor_gives_a_higher_role_meanwhile(
        self, race: Race, asker: User, archive: Archive
    ) -> None:
        editor, request = UserFactory(), ask(asker, archive)
        outcomes = race(
            lambda: accept_request(actor=editor, request=request),
            lambda: grant_role(ARCHIVES, actor=editor, obj=archive, user=asker, role="EDITOR").role,
        )
        assert outcomes[1] == "EDITOR", outcomes
        assert role_on(archive, asker) == "EDITOR"

    def test_the_reconciler_runs_twice(self, race: Race, asker: User) -> None:
        archive = make_archive(access_mode="VERIFIED")
        ask(asker, archive)
        verify(asker)
        outcomes = race(accept_due_requests, accept_due_requests)
        assert sum(outcomes) == 1, outcomes
        assert Notification.objects.filter(user=asker).count() == 1


def test_the_database_holds_one_open_request(stranger: User) -> None:
    archive = make_archive()
    ask(stranger, archive)
    with pytest.raises(IntegrityError):
        ArchiveRequest.objects.create(target=archive, user=stranger, role="USER")


def test_every_move_of_the_machine() -> None:
    states = AccessRequest.State
    allowed = {(a, b) for a in states for b in states if AccessRequest.MACHINE.allows(a, b)}
    assert allowed == {
        (states.PENDING, other) for other in (states.ACCEPTED, states.REJECTED, states.WITHDRAWN)
    }
