"""Lists and pages of challenges."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import selectors, services
from app.challenges.forms import ChallengeForm
from app.challenges.leaderboards.combined import boards_of
from app.challenges.models import Challenge, ChallengeMember
from app.challenges.policies import CHALLENGES, PROPOSALS
from app.challenges.proposals import require_creating, waiting_proposals
from app.core.forms import changed_values
from app.core.pages import list_page

PEOPLE = 50
"""People on one page."""


@login_required
def challenge_list(request: HttpRequest) -> HttpResponse:
    """List the challenges that the user may see."""
    page = list_page(
        request,
        selectors.challenges_for(request.user).prefetch_related("phases"),
        search=("title", "description"),
        sorts=(
            ("title", "Title"),
            ("-modified", "Last changed"),
            ("-submission_count", "Submissions"),
        ),
    )
    waiting = waiting_proposals(request.user)
    context = {
        "list": page,
        "can_create": CHALLENGES.may_create(request.user),
        "reviews": PROPOSALS.reviews(request.user),
        "waiting": waiting,
        "waiting_words": f"{waiting} waiting",
    }
    return render(request, "challenges/list.html", context)


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make a challenge."""
    require_creating(request.user)
    form = ChallengeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        challenge = services.create_challenge(actor=actor, **form.cleaned_data)
        messages.success(request, "The challenge is made. Add its first phase.")
        return redirect("challenges:create_phase", pk=challenge.pk)
    return render(request, "challenges/form.html", {"form": form})


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a challenge and its phases."""
    challenge = selectors.get_challenge_for(request.user, pk)
    best = selectors.best_in(challenge)
    phases = [
        {"phase": phase, "best": best.get(phase.pk)}
        for phase in challenge.phases.select_related("parent")
    ]
    context = {
        "challenge": challenge,
        "phases": phases,
        "combined": list(boards_of(challenge)),
        "can_clone": CHALLENGES.allows(request.user, challenge, "clone"),
        **rights(request, challenge),
    }
    return render(request, "challenges/detail.html", context)


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a challenge."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    form = ChallengeForm(request.POST or None, instance=challenge)
    if request.method == "POST" and form.is_valid():
        challenge.refresh_from_db()
        actor = cast(User, request.user)
        services.update_challenge(actor=actor, challenge=challenge, **changed_values(form))
        messages.success(request, "Your changes are saved.")
        return redirect("challenges:detail", pk=challenge.pk)
    return render(request, "challenges/form.html", {"form": form, "challenge": challenge})


@login_required
def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show who takes part; only administrators see and change it."""
    challenge = selectors.get_challenge_for(request.user, pk, action="manage")
    page = list_page(
        request,
        challenge.memberships.select_related("user"),
        search=("user__username", "user__first_name", "user__last_name"),
        sorts=(("created", "Joined"),),
        size=PEOPLE,
    )
    context = {
        "challenge": challenge,
        "list": page,
        "members": page.items,
        "roles": ChallengeMember.Role.choices,
        **rights(request, challenge),
    }
    return render(request, "challenges/people.html", context)


@login_required
@require_POST
def join(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take part in a public challenge, or ask to where its organizers decide."""
    challenge = selectors.get_challenge_for(request.user, pk, action="join")
    if challenge.registration_questions.exists():
        messages.info(request, "The organizers ask a few things of those who take part.")
        return redirect("requests:card", key="challenge", pk=challenge.pk)
    if services.join_challenge(user=cast(User, request.user), challenge=challenge):
        messages.success(request, f"You take part in {challenge.title}.")
    else:
        messages.success(request, "You have asked to take part. You are told when it is decided.")
    return redirect("challenges:detail", pk=challenge.pk)


def rights(request: HttpRequest, challenge: Challenge) -> dict[str, Any]:
    """Return what the user may do, for the template."""
    return {
        f"can_{action}": CHALLENGES.allows(request.user, challenge, action)
        for action in ("submit", "change", "manage")
    }
