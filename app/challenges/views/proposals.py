"""Proposing a challenge, and deciding on proposals."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import proposals, services
from app.challenges.models import ChallengeProposal
from app.challenges.policies import CHALLENGES, PROPOSALS
from app.challenges.proposal_forms import AcceptForm, DeclineForm, ProposalForm
from app.core.errors import LimitReached, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page


@login_required
def proposal_list(request: HttpRequest) -> HttpResponse:
    """List the own proposals; to reviewers everybody's."""
    page = list_page(
        request,
        proposals.proposals_for(request.user),
        search=("title", "task", "user__first_name", "user__last_name", "state"),
        sorts=(("decided", "Waiting first"), ("-created", "Newest"), ("title", "Title")),
    )
    context = {
        "list": page,
        "reviews": PROPOSALS.reviews(request.user),
        "can_create": CHALLENGES.may_create(request.user),
    }
    return render(request, "challenges/proposals.html", context)


@login_required
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a challenge."""
    form = ProposalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = cast(User, request.user)
        try:
            made = services.propose_challenge(user=user, **form.cleaned_data)
        except LimitReached as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, "You have asked. You are told when it is decided.")
            return redirect("challenges:proposal", pk=made.pk)
    context = {"form": form, "can_create": CHALLENGES.may_create(request.user)}
    return render(request, "challenges/proposal_form.html", context)


@login_required
def proposal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one proposal, with what may be done about it."""
    found = proposals.get_proposal_for(request.user, pk)
    return _page(request, found)


@login_required
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make the challenge that was proposed."""
    found = proposals.get_proposal_for(request.user, pk, action="review")
    form = AcceptForm(request.POST)
    if form.is_valid():
        actor = cast(User, request.user)
        try:
            services.accept_proposal(actor=actor, proposal=found, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, f"The challenge is there; {found.user.display_name} is told.")
            return redirect("challenges:proposals")
    return _page(request, found, accepting=form)


@login_required
@require_POST
def decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decline a proposal with a reason."""
    found = proposals.get_proposal_for(request.user, pk, action="review")
    form = DeclineForm(request.POST)
    if form.is_valid():
        actor = cast(User, request.user)
        try:
            services.decline_proposal(actor=actor, proposal=found, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, f"{found.user.display_name} is told why.")
            return redirect("challenges:proposals")
    return _page(request, found, declining=form)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the own proposal back."""
    found = proposals.get_proposal_for(request.user, pk, action="withdraw")
    services.withdraw_proposal(actor=cast(User, request.user), proposal=found)
    messages.success(request, "Your proposal is withdrawn.")
    return redirect("challenges:proposals")


def _page(
    request: HttpRequest,
    found: ChallengeProposal,
    *,
    accepting: AcceptForm | None = None,
    declining: DeclineForm | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "proposal": found,
        "accepting": accepting or AcceptForm(initial={"title": found.title}),
        "declining": declining or DeclineForm(),
        "can_review": PROPOSALS.allows(request.user, found, "review"),
        "can_withdraw": PROPOSALS.allows(request.user, found, "withdraw"),
        "seen": found.challenge is not None
        and CHALLENGES.allows(request.user, found.challenge, "view"),
    }
    return render(request, "challenges/proposal.html", context)
