"""Proposing a challenge, and the decision on it."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import User
from app.audit.services import record
from app.challenges.models import Challenge, ChallengeProposal
from app.challenges.news import PROPOSAL_DECIDED, PROPOSED
from app.challenges.policies import PROPOSALS
from app.challenges.services.challenges import create_challenge
from app.core.errors import Conflict, LimitReached, ValidationFailed
from app.core.states import transition
from app.notifications.services import notify

MOST_WAITING = 3
MOST_A_DAY = 5
MOST_REASON = 1000

State = ChallengeProposal.State


@transaction.atomic
def propose_challenge(*, user: User, **fields: Any) -> ChallengeProposal:
    """Put a proposal before the portal's staff, who are told."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _check_limits(user)
    proposal = ChallengeProposal(user=user, **fields)
    proposal.full_clean(exclude=["user"])
    proposal.save()
    record("challenges.proposal.made", obj=proposal, actor=user, data={"title": proposal.title})
    for reviewer in PROPOSALS.reviewers().exclude(pk=user.pk):
        notify(
            user=reviewer,
            kind=PROPOSED,
            text=f"{user.display_name[:80]} proposes the challenge “{proposal.title[:120]}”.",
            url=_page_of(proposal),
        )
    return proposal


@transaction.atomic
def accept_proposal(
    *, actor: User, proposal: ChallengeProposal, title: str = "", reason: str = ""
) -> Challenge:
    """Make the challenge, organized by whoever proposed it; nobody else sees it yet.

    Raises `Conflict` when it was decided meanwhile, `ValidationFailed` when the title is taken.
    """
    row = _locked(proposal)
    reason = _checked_reason(reason)
    if not row.user.is_active:
        raise Conflict("The account of this person is closed.", advice="Decline the proposal.")
    title = title.strip() or row.title
    if Challenge.objects.filter(title=title).exists():
        raise ValidationFailed(fields={"title": ["Another challenge has this title."]})
    made = create_challenge(actor=actor, owner=row.user, title=title, description=row.task)
    transition(
        row,
        State.ACCEPTED,
        actor=actor,
        reason=reason,
        decided_by=actor,
        decided_at=timezone.now(),
        challenge=made,
    )
    text = f"Your challenge “{title[:120]}” is there, and you organize it. {reason}"
    address = reverse("challenges:detail", args=[made.pk])
    notify(user=row.user, kind=PROPOSAL_DECIDED, text=text.strip(), url=address)
    return made


@transaction.atomic
def decline_proposal(*, actor: User, proposal: ChallengeProposal, reason: str) -> None:
    """Decline a proposal; whoever made it reads the reason."""
    row = _locked(proposal)
    reason = _checked_reason(reason)
    if not reason:
        raise ValidationFailed(fields={"reason": ["Say why; the person reads it."]})
    transition(
        row,
        State.DECLINED,
        actor=actor,
        reason=reason,
        decided_by=actor,
        decided_at=timezone.now(),
    )
    text = f"Your proposal “{row.title[:120]}” was declined: {reason}"
    notify(user=row.user, kind=PROPOSAL_DECIDED, text=text, url=_page_of(row))


@transaction.atomic
def withdraw_proposal(*, actor: User, proposal: ChallengeProposal) -> None:
    """Take a proposal back before it is decided."""
    transition(_locked(proposal), State.WITHDRAWN, actor=actor, decided_at=timezone.now())


def _locked(proposal: ChallengeProposal) -> ChallengeProposal:
    """Lock an open proposal before anything is made of it."""
    row = ChallengeProposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if not row.is_open:
        raise Conflict(
            f"This proposal was {row.get_state_display().lower()} meanwhile.",
            advice="Reload the page to see it as it is now.",
        )
    return row


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if len(reason) > MOST_REASON:
        raise ValidationFailed(fields={"reason": [f"At most {MOST_REASON} characters."]})
    return reason


def _check_limits(user: User) -> None:
    mine = ChallengeProposal.objects.filter(user=user)
    if mine.filter(state=State.PENDING).count() >= MOST_WAITING:
        raise LimitReached(
            f"{MOST_WAITING} of your proposals wait for a decision.",
            advice="Wait for it, or withdraw one of them.",
        )
    if mine.filter(created__gt=timezone.now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise LimitReached(
            f"You made {MOST_A_DAY} proposals within a day.", advice="Come back tomorrow."
        )


def _page_of(proposal: ChallengeProposal) -> str:
    return reverse("challenges:proposal", args=[proposal.pk])
