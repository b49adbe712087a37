"""People who may not make challenges propose one; the portal's staff decide."""

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.models import Event
from app.challenges.models import Challenge, ChallengeProposal
from app.challenges.personal_data import forget_proposals, proposed_challenges
from app.challenges.services import (
    accept_proposal,
    decline_proposal,
    propose_challenge,
    withdraw_proposal,
)
from app.challenges.services.proposals import MOST_A_DAY, MOST_WAITING
from app.core.errors import Conflict, LimitReached, ValidationFailed
from app.notifications.models import Notification
from tests.api.conftest import Api
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.challenges import make_challenge
from tests.factories.people import make_administrator
from tests.factories.proposals import PROPOSAL, make_proposal

pytestmark = pytest.mark.django_db
State = ChallengeProposal.State


@pytest.fixture
def staff() -> User:
    return UserFactory(is_staff=True)


def told(user: User, kind: str) -> list[str]:
    return list(Notification.objects.filter(user=user, kind=kind).values_list("text", flat=True))


class TestDeciding:
    def test_reviewers_are_told_and_nobody_else(self, staff: User, user: User) -> None:
        administrator = make_administrator()
        gone = UserFactory(is_staff=True, is_active=False)
        proposal = make_proposal(user, title="Nodules")
        for person, count in ((staff, 1), (administrator, 1), (gone, 0), (user, 0)):
            assert len(told(person, "challenges.proposal.made")) == count
        assert Event.objects.get(name="challenges.proposal.made").object_id == str(proposal.pk)

    def test_accepted_it_is_a_challenge_of_the_person(
        self, staff: User, user: User, mailoutbox: list[EmailMessage]
    ) -> None:
        proposal = make_proposal(user, title="Nodules")
        made = accept_proposal(actor=staff, proposal=proposal, reason="Good luck.")
        assert [(row.user, row.role) for row in made.memberships.all()] == [(user, "ADMIN")]
        assert (made.title, made.description, made.public) == (
            "Nodules",
            "Find every nodule.",
            False,
        )
        proposal.refresh_from_db()
        assert (proposal.state, proposal.challenge, proposal.decided_by) == (
            State.ACCEPTED,
            made,
            staff,
        )
        assert "Good luck." in told(user, "challenges.proposal.decided")[0]
        moved = Event.objects.get(name="challenges.challengeproposal.state_changed")
        assert moved.actor_id == staff.pk

    def test_declined_it_needs_a_reason_and_tells_it(self, staff: User, user: User) -> None:
        proposal = make_proposal(user)
        with pytest.raises(ValidationFailed):
            decline_proposal(actor=staff, proposal=proposal, reason=" ")
        decline_proposal(actor=staff, proposal=proposal, reason="We lack GPUs.")
        assert "We lack GPUs." in told(user, "challenges.proposal.decided")[0]
        assert not Challenge.objects.exists()

    def test_it_is_decided_once(self, staff: User, user: User) -> None:
        proposal = make_proposal(user)
        stale = ChallengeProposal.objects.get(pk=proposal.pk)
        withdraw_proposal(actor=user, proposal=proposal)
        for decide in (
            lambda: accept_proposal(actor=staff, proposal=stale),
            lambda: decline_proposal(actor=staff, proposal=stale, reason="No."),
            lambda: withdraw_proposal(actor=user, proposal=stale),
        ):
            with pytest.raises(Conflict, match="withdrawn meanwhile"):
                decide()
        assert not Challenge.objects.exists()

    def test_a_taken_title_can_be_changed(self, staff: User, user: User) -> None:
        make_challenge(title="Nodules")
        proposal = make_proposal(user, title="Nodules")
        with pytest.raises(ValidationFailed):
            accept_proposal(actor=staff, proposal=proposal)
        made = accept_proposal(actor=staff, proposal=proposal, title="Nodules 2")
        assert made.slug == "nodules-2"

    def test_nobody_organizes_without_an_account(self, staff: User, user: User) -> None:
        proposal = make_proposal(user)
        User.objects.filter(pk=user.pk).update(is_active=False)
        with pytest.raises(Conflict, match="closed"):
            accept_proposal(actor=staff, proposal=proposal)

    def test_there_are_not_too_many(self, user: User) -> None:
        for _ in range(MOST_WAITING):
            make_proposal(user)
        with pytest.raises(LimitReached, match="wait"):
            make_proposal(user)
        for proposal in ChallengeProposal.objects.all():
            withdraw_proposal(actor=user, proposal=proposal)
        for _ in range(MOST_A_DAY - MOST_WAITING):
            make_proposal(user)
        with pytest.raises(LimitReached, match="within a day"):
            propose_challenge(user=user, title="One more", **PROPOSAL)

    def test_it_belongs_to_the_person(self, staff: User, user: User) -> None:
        made = accept_proposal(actor=staff, proposal=make_proposal(user))
        assert [row["state"] for row in proposed_challenges(user)] == ["ACCEPTED"]
        forget_proposals(user)
        assert list(proposed_challenges(user)) == []
        assert Challenge.objects.get() == made


class TestSite:
    def test_from_asking_to_organizing(self, staff: User, user: User, client: Client) -> None:
        sign_in(client, user)
        assert client.get(reverse("challenges:create")).status_code == 404
        listed = client.get(reverse("challenges:list")).content.decode()
        assert reverse("challenges:propose") in listed
        assert reverse("challenges:create") not in listed
        sent = {**PROPOSAL, "title": "<b>Nodules</b>"}
        answer = client.post(reverse("challenges:propose"), sent)
        proposal = ChallengeProposal.objects.get()
        page = reverse("challenges:proposal", args=[proposal.pk])
        assert answer["Location"] == page
        shown = client.get(page).content.decode()
        assert "&lt;b&gt;Nodules" in shown
        assert "Accept" not in shown
        assert "Withdraw" in shown
        sign_in(client, staff)
        assert "Nodules" in client.get(reverse("challenges:proposals")).content.decode()
        accept = reverse("challenges:accept_proposal", args=[proposal.pk])
        assert client.post(accept, {"title": "Nodules"}).status_code == 302
        sign_in(client, user)
        made = Challenge.objects.get()
        assert reverse("challenges:detail", args=[made.pk]) in client.get(page).content.decode()
        assert client.get(reverse("challenges:edit", args=[made.pk])).status_code == 200

    def test_a_faulty_decision_keeps_the_page(
        self, staff: User, user: User, client: Client
    ) -> None:
        make_challenge(title="Taken")
        proposal = make_proposal(user, title="Taken")
        sign_in(client, staff)
        accept = reverse("challenges:accept_proposal", args=[proposal.pk])
        shown = client.post(accept, {"title": "Taken"}).content.decode()
        assert "Another challenge has this title." in shown
        decline = reverse("challenges:decline_proposal", args=[proposal.pk])
        assert client.post(decline, {"reason": ""}).status_code == 200
        proposal.refresh_from_db()
        assert proposal.is_open

    def test_others_see_nothing(self, user: User, stranger: User, client: Client) -> None:
        proposal = make_proposal(user)
        User.objects.filter(pk=stranger.pk).update(verified_at=timezone.now())
        sign_in(client, stranger)
        page = reverse("challenges:proposal", args=[proposal.pk])
        assert client.get(page).status_code == 404
        assert proposal.title not in client.get(reverse("challenges:proposals")).content.decode()
        for name, sent in (("accept", {"title": "Mine"}), ("decline", {"reason": "No"})):
            address = reverse(f"challenges:{name}_proposal", args=[proposal.pk])
            assert client.post(address, sent).status_code == 404
        address = reverse("challenges:withdraw_proposal", args=[proposal.pk])
        assert client.post(address).status_code == 404

    @pytest.mark.parametrize(
        ("rights", "status"), [({}, 404), ({"verified_at": timezone.now()}, 201)]
    )
    def test_who_makes_challenges_by_api(
        self, user: User, rights: dict[str, Any], status: int
    ) -> None:
        User.objects.filter(pk=user.pk).update(**rights)
        user.refresh_from_db()
        Api(user).post("challenges/", {"title": "New"}, status=status)
