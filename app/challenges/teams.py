"""Reading teams: who is in which, who is asked, and who counts together."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from app.accounts.models import User
from app.challenges.models import Challenge, Entrant, Team, TeamInvitation, TeamMember
from app.challenges.policies import CHALLENGES, INVITATIONS, TEAMS
from app.core.access import fetch
from app.core.errors import NotFound

State = TeamInvitation.State


def team_of(user: Any, challenge: Challenge) -> Team | None:
    """Return the team that ``user`` is in now, if any."""
    row = TeamMember.objects.filter(challenge=challenge, user=user).select_related("team").first()
    return row.team if row else None


@dataclass(frozen=True)
class Party:
    """Everybody who takes part as one with somebody; alone without a team."""

    team: Team | None
    people: list[int]

    def is_entrant(self, entrant: Entrant) -> bool:
        """Tell whether this is the party's own place: its team's, or that of one of its people."""
        if entrant.team_id is not None:
            return self.team is not None and entrant.team_id == self.team.pk
        return entrant.person_id in self.people


def party_of(user: User, challenge: Challenge) -> Party:
    """Return with whom ``user`` takes part now, in one query."""
    mine = TeamMember.objects.filter(challenge=challenge, user=user)
    rows = list(
        TeamMember.objects.filter(team__in=mine.values("team")).select_related("team").order_by()
    )
    people = sorted({user.pk, *(row.user_id for row in rows)})
    return Party(rows[0].team if rows else None, people)


def read_people(
    shown: Iterable[Team], *, user: Any, challenge: Challenge, team: Team | None = None
) -> list[TeamMember]:
    """Read the ``people`` of the teams on a page; return those of ``team``, or of one's own.

    In one query, and in the order they came.
    """
    mine = TeamMember.objects.filter(challenge=challenge, user=user).values("team")
    asked = Q(team__in=list(shown)) | (Q(team=team) if team else Q(team__in=mine))
    rows = TeamMember.objects.filter(asked, challenge=challenge).order_by("created")
    people: defaultdict[UUID, list[TeamMember]] = defaultdict(list)
    own = team.pk if team else None
    for row in rows.select_related("team", "user"):
        row.team.challenge = challenge
        people[row.team_id].append(row)
        if team is None and row.user_id == user.pk:
            own = row.team_id
    for one in shown:
        vars(one)["people"] = people[one.pk]
    return people[own] if own else []


def people_with(user: User, challenge: Challenge) -> list[int]:
    """Return the keys of everybody who takes part as one with ``user``, who is one of them."""
    return party_of(user, challenge).people


def entrant_for(user: User, challenge: Challenge) -> Entrant | None:
    """Return what ``user`` takes part as now, if it ever handed anything in or was granted."""
    team = team_of(user, challenge)
    found = Entrant.objects.filter(challenge=challenge)
    return found.filter(team=team).first() if team else found.filter(person=user).first()


def entrants_of(people: list[int], challenge: Challenge) -> QuerySet[Entrant]:
    """Return the entrants that these people are: each alone, and the teams they are in now."""
    teams = TeamMember.objects.filter(challenge=challenge, user__in=people).values("team")
    return Entrant.objects.filter(Q(person__in=people) | Q(team__in=teams), challenge=challenge)


def entrants_in(challenge: Challenge) -> QuerySet[Entrant]:
    """Return whoever takes part now: teams, and people who are in none."""
    teamed = TeamMember.objects.filter(challenge=challenge).values("user")
    found = Entrant.objects.filter(challenge=challenge, team__dissolved_at=None)
    return found.exclude(person__in=teamed).select_related("person", "team").order_by("created")


def entrant_in(challenge: Challenge, given: str) -> Entrant:
    """Return the entrant of the challenge with this id, or raise `NotFound`.

    Those count too who are in a team by now, or whose team is no more: their results may stand.
    """
    try:
        found = challenge.entrants.select_related("person", "team").filter(pk=UUID(given)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound
    return found


def teams_for(user: Any) -> QuerySet[Team]:
    """Return the teams of the challenges that ``user`` may view, with their people."""
    people = TeamMember.objects.select_related("user")
    return (
        TEAMS.visible_to(user)
        .select_related("challenge", "captain")
        .prefetch_related(Prefetch("members", people))
    )


def teams_in(challenge: Challenge) -> QuerySet[Team]:
    """Return the teams that are there now."""
    return Team.objects.filter(challenge=challenge, dissolved_at=None)


def get_team_for(user: Any, pk: UUID | str, *, action: str = "view") -> Team:
    """Return the team if ``user`` may do ``action`` with it, else raise `NotFound`."""
    rows = Team.objects.select_related("challenge", "captain")
    return fetch(TEAMS, user=user, pk=pk, action=action, queryset=rows)


def invitations_for(user: Any) -> QuerySet[TeamInvitation]:
    """Return the open invitations that ``user`` got, or that are from teams they lead."""
    found = INVITATIONS.visible_to(user).filter(state=State.PENDING)
    return found.select_related("team__challenge", "user", "invited_by")


def get_invitation_for(user: Any, pk: UUID | str, *, action: str = "view") -> TeamInvitation:
    """Return the invitation if ``user`` may do ``action`` with it, else raise `NotFound`."""
    rows = TeamInvitation.objects.select_related("team__challenge", "user")
    return fetch(INVITATIONS, user=user, pk=pk, action=action, queryset=rows)


def find_participant(challenge: Challenge, name: str) -> User | None:
    """Return the person with this user name or e-mail address who may submit here, if any."""
    given = name.strip().replace("\x00", "")
    field = "email__iexact" if "@" in given else "username"
    return CHALLENGES.holders(challenge.pk, "submit").filter(**{field: given}).first()
