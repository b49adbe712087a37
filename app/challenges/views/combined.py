"""Pages of leaderboards over several phases."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from app.accounts.models import User
from app.audit.services import record
from app.challenges import selectors, services
from app.challenges.leaderboards import combined
from app.challenges.leaderboards.combined_files import combined_text
from app.challenges.leaderboards.combined_forms import CombinedForm
from app.challenges.views.challenges import rights
from app.core.errors import Conflict, NotFound, ValidationFailed
from app.core.forms import add_errors
from app.core.streaming import TABLE_TYPES
from app.core.tables import table_answer

FILES = tuple(f"combined.{ending}" for ending in TABLE_TYPES)


@login_required
@require_safe
def board(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the places over all phases."""
    found = combined.get_board_for(request.user, pk)
    places = combined.places_of(found)
    context = {
        "board": found,
        "challenge": found.challenge,
        "places": places,
        "words": combined.rule_words(found, places.parts),
        **rights(request, found.challenge),
    }
    return render(request, "challenges/combined.html", context)


@login_required
@require_safe
def download(request: HttpRequest, pk: UUID, filename: str) -> HttpResponse:
    """Send the places to whoever sees them; that is an event too."""
    found = combined.get_board_for(request.user, pk)
    if filename not in FILES:
        raise NotFound
    ending = filename.rpartition(".")[2]
    text = combined_text(found, combined.places_of(found), ending=ending)
    data = {"what": filename}
    record("challenges.leaderboard.downloaded", obj=found, actor=request.user, data=data)
    return table_answer(text, filename=filename)


@login_required
def create(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a combined leaderboard."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    form = CombinedForm(request.POST or None, challenge=challenge)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_combined(
                actor=cast(User, request.user),
                challenge=challenge,
                weights=form.weights,
                **form.settings,
            )
        except ValidationFailed as error:
            add_errors(form, error)
        except Conflict as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, "The combined leaderboard is there.")
            return redirect("challenges:combined", pk=made.pk)
    return render(request, "challenges/combined_form.html", {"form": form, "challenge": challenge})


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a combined leaderboard."""
    found = combined.get_board_for(request.user, pk, action="change")
    form = CombinedForm(request.POST or None, challenge=found.challenge, instance=found)
    if request.method == "POST" and form.is_valid():
        found.refresh_from_db()
        actor = cast(User, request.user)
        try:
            services.update_combined(
                actor=actor, board=found, weights=form.weights, **form.settings
            )
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Your changes are saved.")
            return redirect("challenges:combined", pk=found.pk)
    context = {"form": form, "board": found, "challenge": found.challenge}
    return render(request, "challenges/combined_form.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a combined leaderboard."""
    found = combined.get_board_for(request.user, pk, action="change")
    services.delete_combined(actor=cast(User, request.user), board=found)
    messages.success(request, "The combined leaderboard is deleted. The phases stay as they are.")
    return redirect("challenges:detail", pk=found.challenge_id)
