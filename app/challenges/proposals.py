"""Reading proposals of challenges."""

from typing import Any
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When

from app.challenges.models import ChallengeProposal
from app.challenges.policies import CHALLENGES, PROPOSALS
from app.core.access import fetch
from app.core.errors import NotFound

State = ChallengeProposal.State


def proposals_for(user: Any) -> QuerySet[ChallengeProposal]:
    """Return the proposals that ``user`` may look at; those that wait can be sorted first."""
    waits = Case(When(state=State.PENDING, then=Value(0)), default=Value(1))
    return PROPOSALS.visible_to(user).annotate(decided=waits)


def waiting_proposals(user: Any) -> int:
    """Return how many proposals wait for ``user`` to decide."""
    if not PROPOSALS.reviews(user):
        return 0
    return ChallengeProposal.objects.filter(state=State.PENDING).count()


def get_proposal_for(user: Any, pk: UUID | str, *, action: str = "view") -> ChallengeProposal:
    """Return the proposal if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(PROPOSALS, user=user, pk=pk, action=action)


def require_creating(user: Any) -> None:
    """Raise `NotFound`, with what to do instead, unless ``user`` may make challenges."""
    if not CHALLENGES.may_create(user):
        raise NotFound(
            "Challenges are made by verified people.",
            advice="Ask to be verified on the page of your profile, or propose a challenge.",
        )
