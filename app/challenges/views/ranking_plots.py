"""Plots of a phase's ranking, and its report to print."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from app.challenges import selectors
from app.challenges.leaderboards.pictures import (
    Choice,
    choice_of,
    pictures_of,
    specification,
)
from app.challenges.leaderboards.rankings import get_ranking_for, newest_ranking
from app.challenges.leaderboards.report import report_of
from app.challenges.leaderboards.shown_scores import decimals_of
from app.challenges.models import Ranking
from app.challenges.views.challenges import rights


@login_required
@require_safe
def plots(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what the newest ranking of a phase looks like."""
    phase = selectors.get_phase_for(request.user, pk)
    ranking = newest_ranking(phase)
    context = {
        "phase": phase,
        "challenge": phase.challenge,
        "ranking": ranking,
        **rights(request, phase.challenge),
    }
    if ranking is not None:
        ranking.phase = phase
        choice = _choice(request, ranking)
        pictures = pictures_of(request.user, ranking, choice)
        context |= {
            "choice": choice,
            "drawn": [one for one in pictures if not one.told.why_not],
            "not_drawn": [one for one in pictures if one.told.why_not],
        }
    return render(request, "challenges/ranking_plots.html", context)


@login_required
@require_safe
def plot(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Send one plot as a Vega-Lite specification."""
    ranking = get_ranking_for(request.user, pk)
    found = specification(request.user, ranking, _choice(request, ranking), key)
    response = JsonResponse(found)
    response["Cache-Control"] = "private, no-cache"
    return response


@login_required
@require_safe
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a ranking whole, to print: this address always shows the same one."""
    ranking = get_ranking_for(request.user, pk)
    choice = _choice(request, ranking)
    context = {
        "ranking": ranking,
        "phase": ranking.phase,
        "decimals": decimals_of(ranking.phase),
        "challenge": ranking.phase.challenge,
        "choice": choice,
        "report": report_of(request.user, ranking, choice),
        "permalink": request.build_absolute_uri(request.path),
    }
    return render(request, "challenges/ranking_report.html", context)


def _choice(request: HttpRequest, ranking: Ranking) -> Choice:
    return choice_of(
        ranking, scheme=request.GET.get("scheme", ""), task=request.GET.get("task", "")
    )
