"""Reading combined leaderboards: from what the leaderboards of their phases show, and no more.

Nothing is kept: a rank that a phase holds back, or takes away, is in no combined one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import (
    F,
    FilteredRelation,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from app.challenges.leaderboards.shown_scores import rounded
from app.challenges.models import (
    Challenge,
    CombinedBoard,
    CombinedPart,
    Entrant,
    Evaluation,
    Ranking,
    Submission,
)
from app.challenges.policies import CHALLENGES
from app.challenges.ranking import Direction
from app.challenges.ranking.combining import (
    Absent,
    Combined,
    Part,
    combine_ranks,
    combine_scores,
)
from app.core.errors import NotFound

MIXED = "In some of the phases higher scores are better now, in others lower."


@dataclass(frozen=True)
class PhaseCell:
    """What an entrant has in one phase: the place and score that its leaderboard shows, if any."""

    part: CombinedPart
    place: float | None
    score: float | None


@dataclass(frozen=True)
class CombinedPlace:
    """An entrant's place over all phases, or the ``reason`` why there is none."""

    entrant: Entrant
    rank: int | None
    value: float | None
    cells: list[PhaseCell]
    reason: str


@dataclass(frozen=True)
class Places:
    """Everybody who is ranked in one of the phases, the best first; ``problem`` says why nobody."""

    parts: list[CombinedPart]
    ranked: list[CombinedPlace]
    unranked: list[CombinedPlace]
    problem: str = ""


def boards_for(user: Any) -> QuerySet[CombinedBoard]:
    """Return the combined leaderboards of the challenges that ``user`` may view."""
    return CombinedBoard.objects.filter(challenge__in=CHALLENGES.visible_to(user))


def boards_of(challenge: Challenge) -> QuerySet[CombinedBoard]:
    """Return the combined leaderboards of a challenge."""
    return challenge.combined_boards.all()


def get_board_for(user: Any, pk: UUID | str, *, action: str = "view") -> CombinedBoard:
    """Return the board if ``user`` may do ``action`` with its challenge, else raise `NotFound`."""
    rows = boards_for(user).filter(pk=pk).select_related("challenge")
    board = CHALLENGES.with_role(user, rows, path="challenge").first()
    if board is None:
        raise NotFound
    CHALLENGES.keep_role(user, board.challenge, read_with=board)
    if not CHALLENGES.allows(user, board.challenge, action):
        raise NotFound
    return board


def places_of(board: CombinedBoard) -> Places:
    """Return the places of everybody, in two queries."""
    parts = list(_parts(board))
    if board.rule == CombinedBoard.Rule.SCORES and len({p.phase.direction for p in parts}) > 1:
        return Places(parts, [], [], MIXED)
    rows = _rows(parts)
    cells = {part.phase_id: _cells(part, rows) for part in parts}
    entrants = {row.submission.competes_as_id: row.submission.competes_as for row in rows}
    found = [
        _place(entrants[key], combined, parts, cells)
        for key, combined in _combined(board, parts, cells).items()
    ]
    ranked = [one for one in found if one.rank is not None]
    ranked.sort(key=lambda one: (one.rank, one.entrant.display_name, str(one.entrant.pk)))
    unranked = [one for one in found if one.rank is None]
    unranked.sort(key=lambda one: (one.entrant.display_name, str(one.entrant.pk)))
    return Places(parts, ranked, unranked)


def rule_words(board: CombinedBoard, parts: list[CombinedPart]) -> list[str]:
    """Return in words how the places come about."""
    weights = ", ".join(f"{part.phase.title} × {part.weight:g}" for part in parts)
    ranks = board.rule == CombinedBoard.Rule.RANKS
    if ranks:
        words = [f"The weighted mean of the ranks decides, the lower the better: {weights}."]
    else:
        better = parts[0].phase.get_direction_display().lower() if parts else ""
        shown = "as their leaderboards show them"
        words = [f"The weighted mean of the scores, {shown}, decides ({better}): {weights}."]
    if board.missing == CombinedBoard.Missing.WORST:
        words.append("Who is not ranked in a phase gets the worst rank there, plus 1.")
    else:
        words.append("Who is not ranked in every phase has no combined rank and stands below.")
    words.append("Entrants that are equal share the better place, and the next is skipped.")
    return words


def _parts(board: CombinedBoard) -> QuerySet[CombinedPart]:
    """Return the parts with their phases, and the newest ranking of each that stands."""
    newest = Ranking.objects.filter(phase=OuterRef("phase"), phase__ranking_problem="")
    ranking = Subquery(newest.order_by("-created").values("pk")[:1])
    parts = board.parts.select_related("phase").annotate(ranking=ranking)
    return parts.order_by("phase__created", "phase")


def _rows(parts: list[CombinedPart]) -> list[Any]:
    """Return what stands on the leaderboards of the phases, with its ``place`` there."""
    rankings = [vars(part)["ranking"] for part in parts if vars(part)["ranking"]]
    ours = FilteredRelation("ranking_entries", condition=Q(ranking_entries__ranking__in=rankings))
    rows = (
        Evaluation.objects.filter(submission__phase__in=[part.phase_id for part in parts])
        .filter(state=Evaluation.State.SUCCEEDED, rank__isnull=False)
        .filter(submission__state=Submission.State.ACCEPTED)
        .select_related("submission__competes_as__person", "submission__competes_as__team")
        .only(
            "score",
            "rank",
            "submission__phase_id",
            "submission__competes_as__baseline",
            "submission__competes_as__team__title",
            "submission__competes_as__person__username",
            "submission__competes_as__person__first_name",
            "submission__competes_as__person__last_name",
        )
    )
    if not rankings:
        return list(rows.annotate(place=F("rank")))
    place = Coalesce("entry__position", "rank", output_field=FloatField())
    return list(rows.annotate(entry=ours, place=place))


def _cells(part: CombinedPart, rows: list[Any]) -> dict[UUID, PhaseCell]:
    return {
        row.submission.competes_as_id: PhaseCell(
            part, float(row.place), rounded(row.score, part.phase)
        )
        for row in rows
        if row.submission.phase_id == part.phase_id
    }


def _combined(
    board: CombinedBoard, parts: list[CombinedPart], cells: dict[UUID, dict[UUID, PhaseCell]]
) -> dict[UUID, Combined]:
    if not parts:
        return {}
    if board.rule == CombinedBoard.Rule.SCORES:
        scores = [Part(dict(_scores(cells[part.phase_id])), part.weight) for part in parts]
        return combine_scores(scores, direction=Direction(parts[0].phase.direction))
    places = [Part(dict(_places(cells[part.phase_id])), part.weight) for part in parts]
    return combine_ranks(places, absent=Absent(board.missing))


def _scores(cells: dict[UUID, PhaseCell]) -> Iterator[tuple[UUID, float]]:
    yield from ((key, cell.score) for key, cell in cells.items() if cell.score is not None)


def _places(cells: dict[UUID, PhaseCell]) -> Iterator[tuple[UUID, float]]:
    yield from ((key, cell.place) for key, cell in cells.items() if cell.place is not None)


def _place(
    entrant: Entrant,
    combined: Combined,
    parts: list[CombinedPart],
    cells: dict[UUID, dict[UUID, PhaseCell]],
) -> CombinedPlace:
    lacking = " or ".join(parts[number].phase.title for number in combined.absent)
    return CombinedPlace(
        entrant=entrant,
        rank=combined.rank,
        value=combined.value,
        cells=[cells[p.phase_id].get(entrant.pk, PhaseCell(p, None, None)) for p in parts],
        reason="" if combined.rank is not None else f"Not ranked in {lacking}.",
    )
