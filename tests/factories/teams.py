"""Teams as people make them."""

from app.accounts.models import User
from app.accounts.services import grant_role
from app.challenges.models import Challenge, Team
from app.challenges.policies import CHALLENGES
from app.challenges.services import accept_invitation, create_team, invite

_counter = iter(range(10**9))


def take_part(challenge: Challenge, *people: User) -> None:
    """Make people participants who are not."""
    for person in people:
        if not CHALLENGES.allows(person, challenge, "submit"):
            grant_role(CHALLENGES, actor=None, obj=challenge, user=person, role="PARTICIPANT")


def make_team(challenge: Challenge, captain: User, *others: User) -> Team:
    """A team of participants; the others were invited and accepted."""
    take_part(challenge, captain, *others)
    team = create_team(actor=captain, challenge=challenge, title=f"Team {next(_counter)}")
    for person in others:
        add(team, person)
    return team


def add(team: Team, person: User) -> None:
    """Invite somebody, who accepts."""
    take_part(team.challenge, person)
    invitation = invite(actor=team.captain, team=team, name=person.username)
    accept_invitation(actor=person, invitation=invitation)
