"""The page where organizers set how a phase ranks, and the mark of a baseline."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.challenges import designs, selectors, services
from app.challenges.leaderboards.forms import RankingForm, shown_plan
from app.challenges.leaderboards.metrics import known_metrics
from app.challenges.leaderboards.rules import rules_words
from app.challenges.models import Phase
from app.challenges.ranking.words import plan_words
from app.challenges.services.design import note_openings
from app.challenges.services.ranking_settings import check_plan
from app.challenges.teams import entrant_in
from app.challenges.views.challenges import rights
from app.core.errors import Conflict, ValidationFailed
from app.core.forms import add_errors

SHOWN = 100
"""Metrics that the page names; what a container writes may have many more."""


@login_required
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how a phase ranks; change it, or say in words what was entered."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    phases = note_openings(phase.challenge)
    found = designs.designs_of(phase.challenge, phases=phases)
    declared = next(one for one in found.phases if one.phase == phase)
    plan = (found.own.document | declared.document).get("ranking_plan")
    form = RankingForm(
        request.POST or None,
        phase=phase,
        base=declared.current.number if declared.current else 0,
        frozen=declared.frozen_at is not None,
        declared=plan,
    )
    previewed: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            if form.is_preview:
                check_plan(phase, form.settings.ranking_plan)
                previewed = plan_words(shown_plan(phase, form.settings.ranking_plan))
            else:
                _save(request, phase, form)
                return redirect("challenges:edit_ranking", pk=phase.pk)
        except ValidationFailed as error:
            add_errors(form, form.placed(error))
        except Conflict as error:
            form.add_error(None, f"{error.message} {error.advice}")
    context = {**_context(phase), "form": form, "previewed": previewed}
    context |= {"declared": declared, "differs": plan is not None and plan != phase.ranking_plan}
    return render(
        request, "challenges/ranking_form.html", context | rights(request, phase.challenge)
    )


@login_required
@require_POST
def baseline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark an entrant as a baseline, or take the mark away."""
    phase = selectors.get_phase_for(request.user, pk, action="change")
    entrant = entrant_in(phase.challenge, request.POST.get("entrant", ""))
    marked = "baseline" in request.POST
    services.mark_baseline(
        actor=cast(User, request.user), phase=phase, entrant=entrant, baseline=marked
    )
    said = "is a baseline now" if marked else "is no baseline any more"
    messages.success(request, f"{entrant.display_name} {said}.")
    return redirect("challenges:phase", pk=phase.pk)


def _save(request: HttpRequest, phase: Phase, form: RankingForm) -> None:
    services.set_ranking(
        actor=cast(User, request.user),
        phase=phase,
        settings=form.settings,
        reason=form.cleaned_data.get("reason", ""),
        base=form.cleaned_data["base"],
    )
    messages.success(
        request, "The ranking is saved. What it changes is computed in the background."
    )


def _context(phase: Phase) -> dict[str, Any]:
    known = known_metrics(phase)
    return {
        "phase": phase,
        "challenge": phase.challenge,
        "known": known[:SHOWN],
        "more_known": len(known[SHOWN:]),
        "unheard": not known,
        "words": plan_words(shown_plan(phase, phase.ranking_plan)) + rules_words(phase),
    }
