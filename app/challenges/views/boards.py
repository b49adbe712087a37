"""A leaderboard to take along."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from app.audit.services import record
from app.challenges.leaderboards import rankings
from app.challenges.leaderboards.files import board_text
from app.core.errors import NotFound
from app.core.streaming import TABLE_TYPES
from app.core.tables import table_answer

FILES = tuple(f"leaderboard.{ending}" for ending in TABLE_TYPES)


@login_required
@require_safe
def download(request: HttpRequest, pk: UUID, filename: str) -> HttpResponse:
    """Send the places of a phase to whoever sees them; that is an event too."""
    phase, ranking = rankings.get_ranked_phase_for(request.user, pk)
    if filename not in FILES:
        raise NotFound
    ending = filename.rpartition(".")[2]
    text = board_text(request.user, phase, ranking, ending=ending)
    data = {"what": filename}
    record("challenges.leaderboard.downloaded", obj=phase, actor=request.user, data=data)
    return table_answer(text, filename=filename)
