"""Teams of a seed file, made and joined as people do it."""

from app.accounts.models import User
from app.challenges.models import Challenge, Team, TeamMember
from app.challenges.services import accept_invitation, create_team, invite
from app.web.seeding.document_uses import TeamEntry
from app.web.seeding.run import Refused, Run, Status


def seed_team(run: Run, entry: TeamEntry, challenge: Challenge, path: str) -> None:
    """Make the team unless it is there, and let those join who are not in it; nobody leaves."""
    captain: User = run.get("user", entry.captain, path=f"{path}.captain")
    team = run.settle(
        Team.objects.filter(challenge=challenge, title__iexact=entry.title).first(),
        path=path,
        kind="team",
        name=entry.title,
        make=lambda: create_team(actor=captain, challenge=challenge, title=entry.title),
        wanted={"captain": captain},
    )
    for number, name in enumerate(entry.members):
        place = f"{path}.members[{number}]"
        user: User = run.get("user", name, path=place)
        if not TeamMember.objects.filter(team=team, user=user).exists():
            _join(run, team, user, place)


def _join(run: Run, team: Team, user: User, path: str) -> None:
    other = TeamMember.objects.filter(challenge=team.challenge, user=user).first()
    if other is not None:
        raise Refused(path, f"{user.username} is in the team “{other.team}” already.")
    invitation = invite(actor=team.captain, team=team, name=user.username)
    member = accept_invitation(actor=user, invitation=invitation)
    run.note(Status.CREATED, path, "team member", f"{user.username} in {team}", obj=member)
