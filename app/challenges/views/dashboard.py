"""The page that shows organizers how their challenge goes."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from app.challenges import selectors
from app.challenges.dashboard import dashboard_of, with_figures
from app.challenges.exports import TABLES
from app.challenges.models import Challenge
from app.challenges.sections import sections_of
from app.challenges.views.challenges import rights


@login_required
@require_safe
def dashboard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show submissions, failures, times, cost and people of a challenge."""
    rows = with_figures(Challenge.objects.all(), pk)
    challenge = selectors.get_challenge_for(request.user, pk, action="change", rows=rows)
    sections = sections_of(request.user, challenge)
    context = {
        "challenge": challenge,
        "found": dashboard_of(challenge, waiting=sections.waiting),
        "tables": list(TABLES),
        **rights(request, challenge),
    }
    return render(request, "challenges/dashboard.html", context)
