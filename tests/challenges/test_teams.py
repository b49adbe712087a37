"""Teams: made, joined, left, led; and that nobody gains by moving between them."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from app.accounts.models import User
from app.accounts.personal_data import personal_data
from app.challenges.models import Evaluation, Phase, Team, TeamInvitation, TeamMember
from app.challenges.selectors import leaderboard_for, submissions_for
from app.challenges.services import (
    accept_invitation,
    create_team,
    decline_invitation,
    hand_on,
    invite,
    leave_team,
    remove_member,
    rename_team,
    withdraw_invitation,
)
from app.challenges.standing import standing_of
from app.challenges.teams import team_of
from app.core.errors import (
    Conflict,
    LimitReached,
    NotFound,
    TransitionNotAllowed,
    ValidationFailed,
)
from app.notifications.models import Notification
from tests.factories.accounts import UserFactory
from tests.factories.challenges import make_challenge, make_evaluation, make_phase, make_submission
from tests.factories.teams import add, make_team, take_part

pytestmark = pytest.mark.django_db


@pytest.fixture
def mate() -> User:
    return UserFactory()


@pytest.fixture
def phase(user: User, mate: User) -> Phase:
    """Two submissions each; ``user`` and ``mate`` take part."""
    return make_phase(make_challenge(participants=(user, mate)), limit_successful=2)


def left(person: User, phase: Phase) -> int | None:
    return standing_of(person, phase).left


def names(phase: Phase) -> list[tuple[int | None, str]]:
    return [(row.rank, row.submission.competes_as.display_name) for row in leaderboard_for(phase)]


class TestMaking:
    def test_the_maker_leads(self, phase: Phase, user: User) -> None:
        team = create_team(actor=user, challenge=phase.challenge, title="  The   lungs ")
        assert (team.title, team.captain) == ("The lungs", user)
        assert team_of(user, phase.challenge) == team

    def test_names_are_taken_whatever_their_case(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        create_team(actor=user, challenge=phase.challenge, title="Lungs")
        with pytest.raises(ValidationFailed):
            create_team(actor=mate, challenge=phase.challenge, title="LUNGS")
        other = create_team(actor=mate, challenge=phase.challenge, title="Livers")
        with pytest.raises(ValidationFailed):
            rename_team(actor=mate, team=other, title="lungs")
        assert rename_team(actor=mate, team=other, title="LIVERS").title == "LIVERS"

    def test_one_team_per_person(self, phase: Phase, user: User) -> None:
        team = make_team(phase.challenge, user)
        with pytest.raises(Conflict, match="You are in the team"):
            create_team(actor=user, challenge=phase.challenge, title="Another")
        with pytest.raises(IntegrityError), transaction.atomic():
            TeamMember.objects.create(team=team, challenge=phase.challenge, user=user)
        make_team(make_challenge(participants=(user,)), user)

    def test_not_where_everybody_is_alone(self, user: User) -> None:
        challenge = make_challenge(participants=(user,), team_size=1)
        with pytest.raises(Conflict):
            create_team(actor=user, challenge=challenge, title="Two")


class TestInviting:
    def test_by_name_or_address(self, phase: Phase, user: User, mate: User) -> None:
        team = make_team(phase.challenge, user)
        invitation = invite(actor=user, team=team, name=mate.email.upper())
        assert Notification.objects.get(user=mate, kind="challenges.team.invited")
        assert team_of(mate, phase.challenge) is None, "nobody is in a team unasked"
        accept_invitation(actor=mate, invitation=invitation)
        assert team_of(mate, phase.challenge) == team
        with pytest.raises(ValidationFailed):
            invite(actor=user, team=team, name=mate.username)

    def test_only_participants(self, phase: Phase, user: User, stranger: User) -> None:
        team = make_team(phase.challenge, user)
        for name in (stranger.username, "nobody", "no\x00body", ""):
            with pytest.raises(ValidationFailed, match=""):
                invite(actor=user, team=team, name=name)

    def test_once_at_a_time(self, phase: Phase, user: User, mate: User) -> None:
        team = make_team(phase.challenge, user)
        first = invite(actor=user, team=team, name=mate.username)
        with pytest.raises(ValidationFailed):
            invite(actor=user, team=team, name=mate.username)
        decline_invitation(actor=mate, invitation=first)
        again = invite(actor=user, team=team, name=mate.username)
        withdraw_invitation(actor=user, invitation=again)
        with pytest.raises(TransitionNotAllowed):
            accept_invitation(actor=mate, invitation=again)
        assert team_of(mate, phase.challenge) is None

    def test_no_more_than_fit(self, user: User, mate: User) -> None:
        challenge = make_challenge(participants=(user, mate), team_size=2)
        team = make_team(challenge, user, mate)
        third = UserFactory()
        take_part(challenge, third)
        with pytest.raises(LimitReached):
            invite(actor=user, team=team, name=third.username)

    def test_whoever_no_longer_takes_part_cannot_join(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        team = make_team(phase.challenge, user)
        invitation = invite(actor=user, team=team, name=mate.username)
        phase.challenge.memberships.filter(user=mate).delete()
        with pytest.raises(NotFound):
            accept_invitation(actor=mate, invitation=invitation)


class TestLeaving:
    def test_a_captain_is_followed_by_the_next(self, phase: Phase, user: User, mate: User) -> None:
        team = make_team(phase.challenge, user, mate)
        leave_team(actor=user, team=team)
        team.refresh_from_db()
        assert team.captain == mate

    def test_handed_on_to_members_alone(
        self, phase: Phase, user: User, mate: User, stranger: User
    ) -> None:
        team = make_team(phase.challenge, user, mate)
        with pytest.raises(NotFound):
            hand_on(actor=user, team=team, user=stranger)
        assert hand_on(actor=user, team=team, user=mate).captain == mate

    def test_the_last_one_ends_it(self, phase: Phase, user: User, mate: User) -> None:
        team = make_team(phase.challenge, user)
        invite(actor=user, team=team, name=mate.username)
        leave_team(actor=user, team=team)
        assert not Team.objects.filter(pk=team.pk).exists(), "it never handed anything in"

    def test_what_it_handed_in_stays_under_its_name(self, phase: Phase, user: User) -> None:
        team = make_team(phase.challenge, user)
        make_evaluation(phase, score=0.5, creator=user)
        leave_team(actor=user, team=team)
        team.refresh_from_db()
        assert team.dissolved_at is not None
        assert names(phase) == [(1, team.title)]
        with pytest.raises(ValidationFailed):
            create_team(actor=user, challenge=phase.challenge, title=team.title)

    def test_removed_and_told(self, phase: Phase, user: User, mate: User) -> None:
        team = make_team(phase.challenge, user, mate)
        remove_member(actor=user, team=team, user=mate)
        assert team_of(mate, phase.challenge) is None
        assert Notification.objects.filter(user=mate, kind="challenges.team.changed").exists()

    def test_whoever_deletes_their_account_leaves(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        team = make_team(phase.challenge, user, mate)
        (teams,) = [found for found in personal_data() if found.name == "teams"]
        assert [row["team"] for row in teams.exporter(user)] == [team.title]
        assert teams.eraser is not None
        teams.eraser(user)
        team.refresh_from_db()
        assert team.captain == mate
        assert team_of(user, phase.challenge) is None


class TestNoSecondWayRound:
    def test_a_team_has_one_limit(self, phase: Phase, user: User, mate: User) -> None:
        make_team(phase.challenge, user, mate)
        make_submission(phase, creator=user)
        assert left(mate, phase) == 1
        make_submission(phase, creator=mate)
        with pytest.raises(LimitReached, match="Your team has used all"):
            make_submission(phase, creator=user)

    def test_what_was_handed_in_alone_counts_for_the_team(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        make_submission(phase, creator=user)
        make_submission(phase, creator=mate)
        make_team(phase.challenge, user, mate)
        assert left(user, phase) == left(mate, phase) == 0

    def test_leaving_gives_nothing_back(self, phase: Phase, user: User, mate: User) -> None:
        team = make_team(phase.challenge, user, mate)
        make_submission(phase, creator=mate)
        make_submission(phase, creator=mate)
        leave_team(actor=user, team=team)
        assert left(user, phase) == 0, "it counted for everybody who was in the team"

    def test_nor_does_a_new_team_of_the_same_people(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        team = make_team(phase.challenge, user, mate)
        make_submission(phase, creator=mate)
        leave_team(actor=user, team=team)
        leave_team(actor=mate, team=team)
        make_team(phase.challenge, user, mate)
        assert left(user, phase) == 1, "one submission counts once, for however many people"

    def test_whoever_comes_later_brings_nothing_and_takes_nothing(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        team = make_team(phase.challenge, user)
        make_submission(phase, creator=user)
        add(team, mate)
        assert left(mate, phase) == 1
        leave_team(actor=mate, team=team)
        assert left(mate, phase) == 2

    def test_the_leaderboard_asks_no_more_for_more_teams(
        self, phase: Phase, user: User, signed_in: Client
    ) -> None:
        def queries(teams: int) -> int:
            for _ in range(teams):
                one, other = UserFactory(), UserFactory()
                make_team(phase.challenge, one, other)
                make_evaluation(phase, score=0.5, creator=one)
                make_evaluation(phase, score=0.6, creator=other)
            address = reverse("challenges:phase", args=[phase.pk])
            with CaptureQueriesContext(connection) as captured:
                assert signed_in.get(address).status_code == 200
            return len(captured)

        queries(1)
        assert queries(1) == queries(5)

    def test_nobody_stands_on_the_leaderboard_twice(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        make_evaluation(phase, score=0.9, creator=user)
        make_evaluation(phase, score=0.5, creator=mate)
        team = make_team(phase.challenge, user, mate)
        assert names(phase) == [(1, team.title)]
        assert leaderboard_for(phase)[0].score == 0.9
        leave_team(actor=user, team=team)
        assert names(phase) == [(1, user.display_name), (2, team.title)]

    def test_the_best_of_a_team_is_ranked_and_the_rest_says_so(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        make_team(phase.challenge, user, mate)
        better = make_evaluation(phase, score=0.9, creator=user)
        worse = make_evaluation(phase, score=0.5, creator=mate)
        better.refresh_from_db()
        assert (better.rank, worse.rank, worse.score) == (1, None, 0.5)
        assert "a better result" in worse.reason

    def test_a_closed_phase_stays_as_it_was(self, phase: Phase, user: User, mate: User) -> None:
        make_evaluation(phase, score=0.9, creator=user)
        make_evaluation(phase, score=0.5, creator=mate)
        Phase.objects.filter(pk=phase.pk).update(closes_at=phase.modified)
        before = names(phase)
        make_team(phase.challenge, user, mate)
        assert names(phase) == before


class TestSeeing:
    def test_a_team_sees_what_it_handed_in_and_nobody_else_does(
        self, phase: Phase, user: User, mate: User, stranger: User
    ) -> None:
        alone = make_submission(phase, creator=mate)
        team = make_team(phase.challenge, user, mate)
        take_part(phase.challenge, stranger)
        submission = make_submission(phase, creator=mate)
        assert list(submissions_for(user)) == [submission], "not what was handed in alone"
        assert not submissions_for(stranger).exists()
        assert set(submissions_for(mate)) == {alone, submission}
        leave_team(actor=user, team=team)
        assert not submissions_for(user).exists()

    def test_a_mate_may_cancel(
        self, phase: Phase, user: User, mate: User, signed_in: Client
    ) -> None:
        make_team(phase.challenge, user, mate)
        evaluation = make_submission(phase, creator=mate).evaluations.get()
        response = signed_in.post(reverse("challenges:cancel_evaluation", args=[evaluation.pk]))
        assert response.status_code == 302
        assert Evaluation.objects.get().state == Evaluation.State.CANCELLED


class TestPage:
    def test_made_invited_and_left(
        self, phase: Phase, user: User, mate: User, signed_in: Client
    ) -> None:
        page = reverse("challenges:teams", args=[phase.challenge_id])
        assert b"You take part alone" in signed_in.get(page).content
        made = reverse("challenges:create_team", args=[phase.challenge_id])
        assert signed_in.post(made, {"title": "Lungs"}).status_code == 302
        team = Team.objects.get()
        asked = reverse("challenges:invite_to_team", args=[team.pk])
        refused = signed_in.post(asked, {"name": "nobody"})
        assert b"Nobody of that name takes part here" in refused.content
        assert signed_in.post(asked, {"name": mate.username}).status_code == 302
        other = Client()
        other.force_login(mate)
        assert b"You are invited" in other.get(page).content
        invitation = TeamInvitation.objects.get()
        other.post(reverse("challenges:accept_invitation", args=[invitation.pk]))
        assert b"Captain" in other.get(page).content
        outsider = reverse("challenges:remove_from_team", args=[team.pk, user.pk])
        assert other.post(outsider).status_code == 404, "only captains remove"
        signed_in.post(reverse("challenges:hand_team_on", args=[team.pk, mate.pk]))
        signed_in.post(reverse("challenges:leave_team", args=[team.pk]))
        team.refresh_from_db()
        assert [member.user for member in team.members.all()] == [mate]

    def test_one_s_own_people_wherever_the_list_is_and_each_team_s_its_own(
        self, phase: Phase, user: User, mate: User, signed_in: Client
    ) -> None:
        mine = make_team(phase.challenge, user, mate)
        others = make_team(phase.challenge, UserFactory())
        page = reverse("challenges:teams", args=[phase.challenge_id])
        found = signed_in.get(page).context
        people = {team: [one.user for one in vars(team)["people"]] for team in found["list"].items}
        assert people == {mine: [user, mate], others: [others.captain]}
        narrowed = signed_in.get(page, {"q": others.title}).context
        assert narrowed["list"].items == [others]
        assert (narrowed["mine"], [one.user for one in narrowed["members"]]) == (mine, [user, mate])

    def test_an_organizer_who_invites_into_a_team_sees_that_one(
        self, phase: Phase, user: User, mate: User
    ) -> None:
        team = make_team(phase.challenge, user, mate)
        organizer = phase.challenge.memberships.get(role="ADMIN").user
        make_team(phase.challenge, organizer)
        client = Client()
        client.force_login(organizer)
        address = reverse("challenges:invite_to_team", args=[team.pk])
        refused = client.post(address, {"name": "nobody"}).context
        assert (refused["mine"], [one.user for one in refused["members"]]) == (team, [user, mate])

    def test_nobody_answers_for_another(
        self, phase: Phase, user: User, mate: User, signed_in: Client
    ) -> None:
        team = make_team(phase.challenge, user)
        invitation = invite(actor=user, team=team, name=mate.username)
        address = reverse("challenges:accept_invitation", args=[invitation.pk])
        assert signed_in.post(address).status_code == 404

    def test_a_team_is_found_once_however_many_of_its_people_match(
        self, phase: Phase, signed_in: Client
    ) -> None:
        team = make_team(
            phase.challenge, UserFactory(username="anna1"), UserFactory(username="anna2")
        )
        page = reverse("challenges:teams", args=[phase.challenge_id])
        found = signed_in.get(page, {"q": "anna"}).context["list"]
        assert (found.items, found.total) == ([team], 1)
