"""The end of an account: time to think it over, nothing orphaned, the person forgotten."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Token, User
from app.accounts.services import grant_role, issue_token, set_picture
from app.audit.models import Event
from app.core.errors import Conflict, TransitionNotAllowed
from app.core.states import transition
from app.notifications.models import Notification
from app.people.models import Deletion, PersonalExport, Verification
from app.people.selectors import sole_charges
from app.people.services import (
    accept_verification,
    build_export,
    cancel_deletion,
    request_deletion,
    request_export,
)
from app.people.tasks import look_after_people
from archives.policies import ARCHIVES
from reader_studies.models import Answer
from reader_studies.services import save_answers
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.archives import make_archive
from tests.factories.challenges import make_challenge, make_evaluation, make_phase
from tests.factories.people import (
    make_administrator,
    make_known_person,
    make_organization,
    make_picture,
    make_verification,
)
from tests.factories.studies import make_question, make_study

pytestmark = pytest.mark.django_db
PAGE = "/account/data/"
State = Deletion.State


def carry_out(user: User) -> None:
    """Let two weeks go by."""
    Deletion.objects.filter(user=user).update(due_at=timezone.now() - timedelta(seconds=1))
    look_after_people()


def ask(client: Client, typed: str) -> str:
    answer = client.post(reverse("people:delete_account"), {"confirm": typed}, follow=True)
    return answer.content.decode()


class TestAsking:
    def test_typed_told_and_taken_back(
        self, signed_in: Client, user: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            text = ask(signed_in, user.username)
        assert "Keep my account" in text
        deletion = Deletion.objects.get()
        assert timedelta(days=13.9) < deletion.due_at - timezone.now() <= timedelta(days=14)
        assert mail.outbox[0].to == [user.email]
        assert PAGE in mail.outbox[0].body
        assert Notification.objects.filter(user=user).count() == 1
        fresh = Client()
        assert fresh.login(username=user.username, password="secret")
        assert fresh.post(reverse("people:keep_account")).status_code == 302
        deletion.refresh_from_db()
        assert deletion.state == State.CANCELLED
        carry_out(user)
        user.refresh_from_db()
        assert user.is_active
        events = Event.objects.filter(name__startswith="people.deletion").order_by("id")
        assert [event.name for event in events] == [
            "people.deletion.requested",
            "people.deletion.state_changed",
        ]

    @pytest.mark.parametrize("typed", ["", "yes", "USER"])
    def test_not_typed(self, signed_in: Client, typed: str) -> None:
        ask(signed_in, typed)
        assert not Deletion.objects.exists()

    def test_twice(self, signed_in: Client, user: User) -> None:
        request_deletion(user=user)
        assert "already" in ask(signed_in, user.username)
        assert Deletion.objects.count() == 1

    def test_nothing_to_keep(self, signed_in: Client) -> None:
        assert signed_in.post(reverse("people:keep_account")).status_code == 404

    def test_not_before_it_is_due(self, user: User) -> None:
        request_deletion(user=user)
        look_after_people()
        user.refresh_from_db()
        assert user.is_active


class TestSoleCharge:
    def test_is_listed_with_links_and_holds_it_up(self, signed_in: Client, user: User) -> None:
        archive = make_archive(editor=user, title="Thorax CT")
        organization = make_organization(editor=user, title="Charité")
        page = signed_in.get(PAGE).content.decode()
        for found, name in ((archive, "archives"), (organization, "people")):
            route = f"{name}:organization_people" if name == "people" else f"{name}:people"
            assert reverse(route, args=[found.pk]) in page
            assert found.title in page
        assert "Delete my account" not in page
        ask(signed_in, user.username)
        assert not Deletion.objects.exists()

    def test_another_owner_is_enough(self, user: User, stranger: User) -> None:
        archive = make_archive(editor=user)
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="USER")
        assert len(sole_charges(user)) == 1
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="EDITOR")
        assert sole_charges(user) == []

    def test_an_owner_whose_account_is_closed_does_not_count(self, user: User) -> None:
        archive = make_archive(editor=user)
        gone = UserFactory()
        grant_role(ARCHIVES, actor=user, obj=archive, user=gone, role="EDITOR")
        User.objects.filter(pk=gone.pk).update(is_active=False)
        assert [charge.title for charge in sole_charges(user)] == [archive.title]

    def test_in_charge_only_later(self, user: User, stranger: User) -> None:
        request_deletion(user=user)
        archive = make_archive(editor=user)
        carry_out(user)
        user.refresh_from_db()
        deletion = Deletion.objects.get()
        assert user.is_active
        assert (deletion.state, deletion.held_up) == (State.REQUESTED, True)
        assert deletion.due_at > timezone.now() + timedelta(days=6)
        kinds = Notification.objects.filter(user=user).values_list("kind", flat=True)
        assert "people.deletion.held_up" in kinds
        grant_role(ARCHIVES, actor=user, obj=archive, user=stranger, role="EDITOR")
        carry_out(user)
        user.refresh_from_db()
        assert not user.is_active

    def test_the_only_administrator(self) -> None:
        admin = make_administrator()
        with pytest.raises(Conflict, match="only administrator"):
            request_deletion(user=admin)
        make_administrator()
        request_deletion(user=admin)


class TestForgetting:
    def test_the_person_is_gone_and_the_work_stays(
        self, media: Path, django_capture_on_commit_callbacks: Any
    ) -> None:
        user = make_known_person(
            first_name="Ada", last_name="Lovelace", website="https://a.example"
        )
        client = Client()
        sign_in(client, user)
        other = Client()
        other.force_login(UserFactory())
        plain = issue_token(user=user, name="laptop").plain
        set_picture(user=user, data=make_picture())
        accept_verification(actor=make_administrator(), verification=make_verification(user))
        build_export(request_export(user=user).pk)
        study = make_study(readers=[user], cases=1)
        save_answers(
            reader=user,
            display_set=study.display_sets.get(),
            given={make_question(study).pk: "yes"},
        )
        phase = make_phase(make_challenge(participants=(user,)))
        algorithm_owner = UserFactory()
        evaluation = make_evaluation(phase, creator=user, score=0.5)
        from algorithms.policies import ALGORITHMS

        algorithm = evaluation.submission.version.algorithm
        grant_role(ALGORITHMS, actor=user, obj=algorithm, user=algorithm_owner, role="EDITOR")
        events = Event.objects.filter(actor_id=user.pk).count()
        words = {user.username, user.email, "Ada", "Lovelace", "Radboudumc", "a.example"}
        request_deletion(user=user)
        with django_capture_on_commit_callbacks(execute=True):
            carry_out(user)
        row = User.objects.filter(pk=user.pk).values().get()
        assert not {word for word in words if word in str(row)}
        assert row["username"] == f"deleted-{user.pk}"
        assert (row["is_active"], row["picture"], row["verified_at"]) == (False, None, None)
        assert list(media.glob("pictures/*")) == list(media.glob("exports/*")) == []
        for model in (Token, Verification, PersonalExport, Notification):
            assert not model.objects.filter(user_id=user.pk).exists()  # type: ignore[attr-defined]
        assert study.memberships.filter(user_id=user.pk).count() == 0
        assert Answer.objects.get().reader_id == user.pk
        evaluation.submission.refresh_from_db()
        assert evaluation.submission.creator.display_name == f"deleted-{user.pk}"
        assert Event.objects.filter(actor_id=user.pk).count() >= events
        assert Event.objects.filter(name="accounts.user.deleted").count() == 1
        assert client.get("/profile/").status_code == 302
        assert other.get("/profile/").status_code == 200
        assert Session.objects.count() == 1
        answer = Client(headers={"authorization": f"Bearer {plain}"}).get("/api/v1/uploads/")
        assert answer.status_code == 401
        assert mail.outbox[-1].to == [user.email]
        assert "is deleted" in mail.outbox[-1].subject

    def test_nobody_gets_in_again(self, user: User) -> None:
        request_deletion(user=user)
        carry_out(user)
        client = Client()
        for name in (user.username, f"deleted-{user.pk}"):
            assert not client.login(username=name, password="secret")
        UserFactory(username=user.username, email=user.email)

    def test_twice_is_fine(self, user: User) -> None:
        request_deletion(user=user)
        carry_out(user)
        carry_out(user)
        assert Event.objects.filter(name="accounts.user.deleted").count() == 1

    def test_one_that_fails_stops_no_other(
        self, user: User, stranger: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.people.services import deletion

        forget = deletion._forget

        def fails_once(found: User) -> None:
            if found.pk == user.pk:
                raise OSError("no store")
            forget(found)

        monkeypatch.setattr(deletion, "_forget", fails_once)
        for person in (user, stranger):
            request_deletion(user=person)
        Deletion.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        look_after_people()
        assert User.objects.get(pk=user.pk).is_active
        assert not User.objects.get(pk=stranger.pk).is_active


def test_every_move_between_states(user: User) -> None:
    found = request_deletion(user=user)
    for before in State:
        for after in State:
            Deletion.objects.filter(pk=found.pk).update(state=before)
            if Deletion.MACHINE.allows(before, after):
                assert transition(found, after).state == after
            else:
                with pytest.raises(TransitionNotAllowed):
                    transition(found, after)


def test_a_cancelled_one_cannot_be_cancelled_again(user: User) -> None:
    found = request_deletion(user=user)
    cancel_deletion(user=user, deletion=found)
    with pytest.raises(TransitionNotAllowed):
        cancel_deletion(user=user, deletion=found)
