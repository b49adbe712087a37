"""Reading the rankings that were kept: which one, what is in it, and who may have it."""

import json
from datetime import datetime
from typing import Any

from app.challenges.models import Phase, Ranking
from app.challenges.policies import CHALLENGES
from app.challenges.ranking import ScoreTable, read_scores
from app.challenges.ranking.canonical import canonical_json
from app.core.storage import get_store


def newest_ranking(phase: Phase) -> Ranking | None:
    """Return the ranking that was computed last."""
    return Ranking.objects.filter(phase=phase).first()


def ranking_as_of(phase: Phase, moment: datetime) -> Ranking | None:
    """Return the ranking that stood at ``moment``."""
    return Ranking.objects.filter(phase=phase, created__lte=moment).first()


def plan_bytes(ranking: Ranking) -> bytes:
    """Return the plan as the file that `manage.py rank` takes."""
    return canonical_json(ranking.plan)


def scores_bytes(ranking: Ranking) -> bytes:
    """Return the scores as the file that `manage.py rank` takes."""
    return _read(ranking.scores_key)


def results_bytes(ranking: Ranking) -> bytes:
    """Return the results as the file that `manage.py rank` writes."""
    return _read(ranking.results_key)


def results_of(ranking: Ranking) -> dict[str, Any]:
    """Return what the plan made of the scores; see `docs/ranking.md`."""
    found: dict[str, Any] = json.loads(results_bytes(ranking))
    return found


def scores_of(ranking: Ranking) -> ScoreTable:
    """Return the scores that the ranking was made from."""
    return read_scores(scores_bytes(ranking))


def may_download(user: Any, ranking: Ranking) -> bool:
    """Tell whether plan, scores and results are for ``user``: organizers, or all who look."""
    challenge = ranking.phase.challenge
    if CHALLENGES.allows(user, challenge, "change"):
        return True
    return ranking.phase.publish_ranking and CHALLENGES.allows(user, challenge, "view")


def _read(key: str) -> bytes:
    with get_store().open(key) as stream:
        return stream.read()
