"""Teams: made, joined, left, led. Every change locks the challenge's row first."""

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import change, record
from app.challenges.models import Challenge, Submission, Team, TeamInvitation, TeamMember
from app.challenges.news import TEAM_CHANGED, TEAM_INVITED
from app.challenges.policies import CHALLENGES
from app.challenges.services.entrants import settle_results
from app.challenges.teams import find_participant, team_of
from app.core.errors import Conflict, LimitReached, NotFound, ValidationFailed
from app.core.states import transition
from app.notifications.services import notify

State = TeamInvitation.State


@transaction.atomic
def create_team(*, actor: User, challenge: Challenge, title: str) -> Team:
    """Make a team; whoever makes it is its captain and first member."""
    challenge = _lock(challenge)
    if challenge.team_size < 2:
        raise Conflict("Everybody takes part alone in this challenge.")
    _require_no_team(actor, challenge)
    title = _free_title(title, challenge)
    team = Team(challenge=challenge, title=title, captain=actor)
    team.full_clean()
    team.save()
    record("challenges.team.created", obj=team, actor=actor, data={"title": title})
    _add(team, actor)
    return team


@transaction.atomic
def rename_team(*, actor: User, team: Team, title: str) -> Team:
    """Give a team another name."""
    _lock(team.challenge)
    title = _free_title(title, team.challenge, but=team)
    return change("challenges.team.changed", obj=team, actor=actor, title=title)


@transaction.atomic
def invite(*, actor: User, team: Team, name: str) -> TeamInvitation:
    """Ask a participant, by user name or e-mail address, to join."""
    challenge = _lock(team.challenge)
    _require_there(team)
    person = find_participant(challenge, name)
    if person is None:
        raise ValidationFailed(
            fields={"name": ["Nobody of that name takes part here. They have to join first."]}
        )
    if TeamMember.objects.filter(team=team, user=person).exists():
        raise ValidationFailed(fields={"name": [f"{person.display_name} is in your team."]})
    if team.invitations.filter(user=person, state=State.PENDING).exists():
        raise ValidationFailed(fields={"name": [f"{person.display_name} is invited already."]})
    asked = team.invitations.filter(state=State.PENDING).count()
    _require_room(team, taken=team.members.count() + asked)
    invitation = TeamInvitation.objects.create(team=team, user=person, invited_by=actor)
    record("challenges.team.invited", obj=team, actor=actor, data={"user": person.pk})
    text = f"{actor.display_name} invites you to the team “{team}” in {challenge}."
    notify(user=person, kind=TEAM_INVITED, text=text, url=_page(challenge))
    return invitation


@transaction.atomic
def accept_invitation(*, actor: User, invitation: TeamInvitation) -> TeamMember:
    """Join the team; other invitations in the challenge stay open until they are answered."""
    team = invitation.team
    challenge = _lock(team.challenge)
    if not CHALLENGES.allows(actor, challenge, "submit"):
        raise NotFound
    _require_there(team)
    _require_no_team(actor, challenge)
    _require_room(team, taken=team.members.count())
    transition(invitation, State.ACCEPTED, actor=actor)
    member = _add(team, actor)
    _tell_captain(team, f"{actor.display_name} joined your team “{team}”.", but=actor)
    return member


@transaction.atomic
def decline_invitation(*, actor: User, invitation: TeamInvitation) -> None:
    """Say no to a team."""
    transition(invitation, State.DECLINED, actor=actor)
    team = invitation.team
    _tell_captain(team, f"{actor.display_name} does not join your team “{team}”.", but=actor)


def withdraw_invitation(*, actor: User, invitation: TeamInvitation) -> None:
    """Take an invitation back."""
    transition(invitation, State.WITHDRAWN, actor=actor)


@transaction.atomic
def leave_team(*, actor: User, team: Team) -> None:
    """Leave; a captain is followed by whoever was in the team longest."""
    _lock(team.challenge)
    _part(team, actor, actor=actor)
    _tell_captain(team, f"{actor.display_name} left your team “{team}”.", but=actor)


@transaction.atomic
def remove_member(*, actor: User, team: Team, user: User) -> None:
    """Take somebody out of a team."""
    _lock(team.challenge)
    _part(team, user, actor=actor)
    if user != actor:
        text = f"{actor.display_name} removed you from the team “{team}”."
        notify(user=user, kind=TEAM_CHANGED, text=text, url=_page(team.challenge))


@transaction.atomic
def hand_on(*, actor: User, team: Team, user: User) -> Team:
    """Make another member captain."""
    _lock(team.challenge)
    if not TeamMember.objects.filter(team=team, user=user).exists():
        raise NotFound
    change("challenges.team.changed", obj=team, actor=actor, captain=user)
    _tell_captain(team, f"You are now captain of the team “{team}”.", but=actor)
    return team


def leave_all_teams(user: User) -> None:
    """Leave every team, as for an account that is deleted."""
    for row in TeamMember.objects.filter(user=user).select_related("team__challenge"):
        leave_team(actor=user, team=row.team)
    for invitation in TeamInvitation.objects.filter(user=user, state=State.PENDING):
        transition(invitation, State.DECLINED, actor=user)


def _add(team: Team, user: User) -> TeamMember:
    member = TeamMember.objects.create(team=team, challenge=team.challenge, user=user)
    record("challenges.team.joined", obj=team, actor=user)
    settle_results(user, team.challenge)
    return member


def _part(team: Team, user: User, *, actor: User) -> None:
    gone, _ = TeamMember.objects.filter(team=team, user=user).delete()
    if not gone:
        raise NotFound
    record("challenges.team.left", obj=team, actor=actor, data={"user": user.pk})
    settle_results(user, team.challenge)
    team.refresh_from_db()
    first = TeamMember.objects.filter(team=team).select_related("user").first()
    if first is None:
        _dissolve(team, actor=actor)
    elif team.captain_id == user.pk:
        change("challenges.team.changed", obj=team, actor=actor, captain=first.user)


def _dissolve(team: Team, *, actor: User) -> None:
    """End a team without people; its name is free again if it never handed anything in."""
    for invitation in team.invitations.filter(state=State.PENDING):
        transition(invitation, State.WITHDRAWN, actor=actor)
    record("challenges.team.dissolved", obj=team, actor=actor, data={"title": team.title})
    theirs = Q(entrant__team=team) | Q(competes_as__team=team)
    if Submission.objects.filter(theirs).exists():
        Team.objects.filter(pk=team.pk).update(dissolved_at=timezone.now())
        return
    from_team = getattr(team, "entrant", None)
    if from_team is not None:
        from_team.delete()
    team.delete()


def _lock(challenge: Challenge) -> Challenge:
    """Lock the challenge for changes of teams; new rows may still refer to it meanwhile."""
    return Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)


def _require_there(team: Team) -> None:
    if not Team.objects.filter(pk=team.pk, dissolved_at=None).exists():
        raise Conflict("This team is dissolved.", advice="Make a new one, or join another.")


def _require_no_team(user: User, challenge: Challenge) -> None:
    team = team_of(user, challenge)
    if team is not None:
        raise Conflict(f"You are in the team “{team}”.", advice="Leave it first.")


def _require_room(team: Team, *, taken: int) -> None:
    most = team.challenge.team_size
    if taken >= most:
        raise LimitReached(
            f"A team has at most {most} people in this challenge, open invitations included.",
            advice="Withdraw an invitation, or remove somebody.",
        )


def _free_title(title: str, challenge: Challenge, *, but: Team | None = None) -> str:
    title = " ".join(title.split())
    if not title:
        raise ValidationFailed(fields={"title": ["Give the team a name."]})
    others = Team.objects.filter(challenge=challenge, title__iexact=title)
    if but is not None:
        others = others.exclude(pk=but.pk)
    if others.exists():
        raise ValidationFailed(fields={"title": ["Another team has this name."]})
    return title


def _tell_captain(team: Team, text: str, *, but: User) -> None:
    if team.pk and team.captain_id != but.pk and team.dissolved_at is None:
        notify(user=team.captain, kind=TEAM_CHANGED, text=text, url=_page(team.challenge))


def _page(challenge: Challenge) -> str:
    return reverse("challenges:teams", args=[challenge.pk])
