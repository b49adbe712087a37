"""Scores as they leave the portal: rounded, and held back where the full one would tell too much.

Ranks are given by the full scores. Organizers see these; everybody else what is here.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

from django.utils import timezone

from app.challenges.models import Evaluation, Phase

DECIMALS = 4
_EXACT = Context(prec=400)
"""Enough for the largest float with all its digits before the point."""


def decimals_of(phase: Phase) -> int:
    """Return how many decimals of scores are shown."""
    return DECIMALS if phase.score_decimals is None else phase.score_decimals


def rounded(score: float | None, phase: Phase) -> float | None:
    """Return a score with as many decimals as the phase gives out; all where it says nothing."""
    return round_to(score, phase.score_decimals)


def round_to(score: float | None, decimals: int | None) -> float | None:
    """Return a score with so many decimals; all of them where nothing is said."""
    if score is None or decimals is None:
        return score
    smallest = Decimal(1).scaleb(-decimals)
    return float(Decimal(repr(score)).quantize(smallest, ROUND_HALF_UP, _EXACT)) + 0.0


def shown_score(row: Evaluation, phase: Phase) -> float | None:
    """Return a result's score for whoever does not organize.

    While there is a ladder only the one that stands on the leaderboard is shown.
    """
    if row.rank is None and phase.has_ladder(timezone.now()):
        return None
    return rounded(row.score, phase)


def withholds_details(phase: Phase) -> bool:
    """Tell whether scores of single cases and files of rankings would tell the full score too soon.

    They would as long as the phase rounds scores or has a ladder, and is not closed.
    """
    now = timezone.now()
    return phase.has_ladder(now) or (phase.score_decimals is not None and not phase.is_closed(now))
