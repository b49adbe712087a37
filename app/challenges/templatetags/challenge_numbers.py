"""How pages of challenges write numbers: ``{% load challenge_numbers %}``."""

from django import template

from app.challenges.leaderboards.shown_scores import DECIMALS, decimals_of, shown_score
from app.challenges.models import Evaluation
from app.execution.contract.limits import readable_seconds

register = template.Library()


@register.filter
def seconds(value: float | None) -> str:
    """A duration for people; a dash where none is known."""
    return "–" if value is None else readable_seconds(round(value, 1)) or "0 s"


@register.filter
def score_text(row: Evaluation | None, full: bool) -> str:
    """A result's score: in full to organizers, as the phase gives it out to others."""
    if row is None:
        return "–"
    phase = row.submission.phase
    score = row.score if full else shown_score(row, phase)
    decimals = max(DECIMALS, decimals_of(phase)) if full else decimals_of(phase)
    return "–" if score is None else f"{score:.{decimals}f}"
