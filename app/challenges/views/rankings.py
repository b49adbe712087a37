"""Pages of rankings that were kept: their places then, and the files to make them again."""

from datetime import UTC, date, datetime, time
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from app.audit.services import record
from app.challenges.leaderboards import rankings
from app.challenges.leaderboards.shown_scores import decimals_of
from app.challenges.models import Phase
from app.challenges.views.challenges import rights
from app.core.errors import NotFound
from app.core.pages import list_page
from app.core.tables import table_answer

ROWS = 50
FILES = {
    "plan.json": rankings.plan_bytes,
    "scores.csv": rankings.scores_bytes,
    "results.json": rankings.results_bytes,
}


@login_required
@require_safe
def ranking(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a ranking as it stood when it was computed; its address stays."""
    found = rankings.get_ranking_for(request.user, pk)
    context = {
        "ranking": found,
        "phase": found.phase,
        "challenge": found.phase.challenge,
        "list": list_page(
            request,
            rankings.places_in(found),
            search=(),
            sorts=(("position", "Rank"),),
            size=ROWS,
        ),
        "decimals": decimals_of(found.phase),
        "files": list(FILES) if rankings.may_download(request.user, found) else [],
        **rights(request, found.phase.challenge),
    }
    return render(request, "challenges/ranking.html", context)


@login_required
@require_safe
def download(request: HttpRequest, pk: UUID, filename: str) -> HttpResponse:
    """Send the plan, the scores or the results; that is an event too."""
    found = rankings.get_ranking_for(request.user, pk)
    if filename not in FILES or not rankings.may_download(request.user, found):
        raise NotFound
    body = FILES[filename](found)
    record("challenges.ranking.downloaded", obj=found, actor=request.user, data={"what": filename})
    return table_answer(body, filename=filename)


def as_of(request: HttpRequest, phase: Phase, day: str) -> HttpResponse:
    """Lead to the ranking that stood at the end of a day (in UTC)."""
    try:
        end = datetime.combine(date.fromisoformat(day), time.max, tzinfo=UTC)
    except ValueError:
        messages.error(request, "Write the day as year-month-day, such as 2026-11-20.")
        return redirect("challenges:phase", pk=phase.pk)
    found = rankings.ranking_as_of(phase, end)
    if found is None:
        messages.info(request, f"No ranking was computed by {end:%Y-%m-%d}. Choose a later day.")
        return redirect("challenges:phase", pk=phase.pk)
    return redirect("challenges:ranking", pk=found.pk)
