"""Ranking a phase's evaluations."""

from django.db import transaction

from app.challenges.models import Evaluation, Phase, Submission
from app.challenges.ranking import Direction, MissingScore, rank_positions, score_at


@transaction.atomic
def rerank(phase: Phase) -> None:
    """Give every scored evaluation of ``phase`` its rank.

    Evaluations whose metrics lack the score are unranked and say why; each submission counts
    with its newest finished evaluation.
    """
    Phase.objects.select_for_update().get(pk=phase.pk)
    rows = list(
        Evaluation.objects.filter(
            submission__phase=phase,
            submission__state=Submission.State.ACCEPTED,
            metrics__isnull=False,
            state__in=[Evaluation.State.RANKING, Evaluation.State.SUCCEEDED],
        ).order_by("created")
    )
    newest = {row.submission_id: row for row in rows}
    scores: dict[Evaluation, float] = {}
    for row in rows:
        row.score, row.rank, row.reason = None, None, ""
        if newest[row.submission_id] is not row:
            continue
        try:
            row.score = scores[row] = score_at(row.metrics, phase.score_path)
        except MissingScore as error:
            row.reason = f"Not ranked: {error}"
    for row, rank in rank_positions(scores, direction=Direction(phase.direction)).items():
        row.rank = rank
    Evaluation.objects.bulk_update(rows, ["score", "rank", "reason"])
