"""Entrants: made when first needed, and what each stands for as people join and leave teams."""

from django.utils import timezone

from app.accounts.models import User
from app.challenges.models import Challenge, Entrant, Phase, Submission, TeamMember
from app.challenges.services.leaderboard import rerank
from app.challenges.teams import team_of


def entrant_of(user: User, challenge: Challenge) -> Entrant:
    """Return what ``user`` takes part as now: the team, or the person alone."""
    team = team_of(user, challenge)
    if team is not None:
        return Entrant.objects.get_or_create(team=team, defaults={"challenge": challenge})[0]
    return Entrant.objects.get_or_create(challenge=challenge, person=user)[0]


def settle_results(user: User, challenge: Challenge) -> None:
    """Let what ``user`` handed in alone stand for the team they are in now, or for them again.

    So nobody stands on a leaderboard twice. Closed phases stay as they were. The challenge's row
    is locked; phases are locked here, in one order.
    """
    alone = Entrant.objects.filter(challenge=challenge, person=user)
    now = entrant_of(user, challenge)
    phases = Phase.objects.filter(challenge=challenge).order_by("pk")
    for phase in phases.select_for_update(of=("self",)):
        if phase.is_closed(timezone.now()):
            continue
        theirs = Submission.objects.filter(phase=phase, entrant__in=alone)
        if theirs.exclude(competes_as=now).update(competes_as=now):
            rerank(phase)


def people_of(entrant: Entrant) -> list[int]:
    """Return the keys of the people that an entrant is made of now."""
    if entrant.person_id is not None:
        return [entrant.person_id]
    return list(TeamMember.objects.filter(team=entrant.team_id).values_list("user", flat=True))
