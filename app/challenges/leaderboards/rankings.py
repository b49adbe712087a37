"""Reading the rankings that were kept: which one, what is in it, and who may have it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from app.challenges.leaderboards.columns import Cell, cells_of
from app.challenges.leaderboards.shown_scores import decimals_of, rounded, withholds_details
from app.challenges.leaderboards.sparklines import Sparkline, sparkline
from app.challenges.models import (
    ChallengeMember,
    Entrant,
    Evaluation,
    Phase,
    Ranking,
    RankingEntry,
    Submission,
    TeamMember,
)
from app.challenges.policies import CHALLENGES
from app.challenges.ranking import ScoreTable, read_scores
from app.challenges.ranking.canonical import canonical_json
from app.challenges.selectors import AS_ROW, get_phase_for, leaderboard_for
from app.core.errors import NotFound
from app.core.storage import get_store
from app.design.units import decimal_words

WHO = (("", "Everybody"), ("compete", "Only competitors"), ("mine", "Mine"))
"""Whose places a leaderboard can be narrowed to: no baselines or organizers, or one's own."""
ENTRY = ("tier", "value_from", "value_to", "distribution")
"""What a row of the leaderboard shows of its entry in the ranking."""


_NAMES = (
    "baseline",
    "team__title",
    *(f"person__{name}" for name in ("username", "first_name", "last_name")),
)


@dataclass(frozen=True)
class Place:
    """A row of the leaderboard: a result with what the newest ranking says of it, if anything."""

    row: Evaluation
    entrant: Entrant
    place: str
    score: float | None
    spread: str
    spark: Sparkline | None
    cells: list[Cell]


def newest_ranking(phase: Phase) -> Ranking | None:
    """Return the ranking that was computed last."""
    return Ranking.objects.filter(phase=phase).first()


def ranking_as_of(phase: Phase, moment: datetime) -> Ranking | None:
    """Return the ranking that stood at ``moment``."""
    return Ranking.objects.filter(phase=phase, created__lte=moment).first()


def get_ranking_for(user: Any, pk: UUID) -> Ranking:
    """Return the ranking if ``user`` sees the leaderboard, else raise `NotFound`."""
    found = Ranking.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound
    found.phase = get_phase_for(user, found.phase_id)
    return found


def places_in(ranking: Ranking) -> QuerySet[RankingEntry]:
    """Return the places of a ranking, without those who withdrew since."""
    accepted = Submission.State.ACCEPTED
    return RankingEntry.objects.filter(ranking=ranking, evaluation__submission__state=accepted)


def get_ranked_phase_for(user: Any, pk: UUID) -> tuple[Phase, Ranking | None]:
    """Return a phase and its newest ranking in one query; raises `NotFound` as for any phase.

    There is no ranking where the plan could not be run since.
    """
    newest = Ranking.objects.filter(phase=OuterRef("pk"), phase__ranking_problem="")
    kept = FilteredRelation(
        "rankings", condition=Q(rankings__pk=Subquery(newest.order_by("-created").values("pk")[:1]))
    )
    rows = Phase.objects.annotate(newest_ranking=kept)
    # django-stubs knows no relation that a query makes.
    rows = rows.select_related("newest_ranking")  # type: ignore[misc]
    phase = get_phase_for(user, pk, rows=rows, beside=())
    return phase, getattr(phase, "newest_ranking", None)


def placed(rows: QuerySet[Evaluation], *, ranking: Ranking | None) -> QuerySet[Evaluation]:
    """Return ``rows`` with their ``place``: the ranking's, or else the simple rank."""
    if ranking is None:
        return rows.annotate(place=F("rank"))
    ours = FilteredRelation("ranking_entries", condition=Q(ranking_entries__ranking=ranking.pk))
    place = Coalesce("entry__position", "rank", output_field=FloatField())
    return rows.annotate(entry=ours, place=place)


def with_places(
    rows: QuerySet[Evaluation], *, phase: Phase, ranking: Ranking | None
) -> QuerySet[Evaluation]:
    """Read what a row that is `placed` shows, with ``by_organizer`` and `ENTRY`."""
    entry = {} if ranking is None else {name: F(f"entry__{name}") for name in ENTRY}
    found = leaderboard_for(phase, rows).select_related(None)
    found = found.select_related("submission__version__algorithm").only(*AS_ROW)
    return found.annotate(by_organizer=_by_organizer(phase), **entry)


def name_rows(user: Any, rows: Iterable[Evaluation], *, phase: Phase) -> None:
    """Read whom results stand for, and whether ``is_mine``, in one query.

    Apart from the results: PostgreSQL takes several times as long to plan a query of eight tables
    as two of four.
    """
    rows = list(rows)
    mine = ExpressionWrapper(_is_of(user, phase), output_field=BooleanField())
    named = Entrant.objects.select_related("person", "team").annotate(is_mine=mine)
    found = named.only(*_NAMES).in_bulk({row.submission.competes_as_id for row in rows})
    for row in rows:
        row.submission.competes_as = found[row.submission.competes_as_id]


def narrowed(
    user: Any, rows: QuerySet[Evaluation], *, phase: Phase, who: str
) -> QuerySet[Evaluation]:
    """Return those of ``rows`` that `WHO` calls by ``who``; the places stay."""
    if who == "mine":
        return rows.filter(_is_of(user, phase, path="submission__competes_as__"))
    if who == "compete":
        return rows.filter(~_by_organizer(phase), submission__competes_as__baseline=False)
    return rows


def _by_organizer(phase: Phase) -> Exists:
    """Tell whether an organizer handed a result in."""
    organizers = ChallengeMember.objects.filter(
        target=phase.challenge_id,
        role=ChallengeMember.Role.ADMIN,
        user=OuterRef("submission__creator"),
    )
    return Exists(organizers)


def _is_of(user: Any, phase: Phase, *, path: str = "") -> Q:
    """Tell whether the entrant at ``path`` is ``user``, their team, or one of the team alone."""
    members = TeamMember.objects.filter(challenge=phase.challenge_id)
    mine = members.filter(user=user).values("team")
    return (
        Q(**{f"{path}person": user.pk})
        | Q(Exists(mine.filter(team=OuterRef(f"{path}team"))))
        | Q(Exists(members.filter(user=OuterRef(f"{path}person"), team__in=mine)))
    )


def as_places(shown: Iterable[Evaluation], *, phase: Phase, ranking: Ranking | None) -> list[Place]:
    """Return the rows of the leaderboard, which `name_rows` named, with their drawings."""
    decimals = decimals_of(phase)
    return [
        Place(
            row,
            row.submission.competes_as,
            _place_words(vars(row)["place"]),
            rounded(row.score, phase),
            _spread_words(vars(row)["spread"], decimals),
            _spark(row, phase=phase, ranking=ranking),
            cells_of(row, phase),
        )
        for row in shown
    ]


def _place_words(place: float) -> str:
    """Return a place as people write it: shared ones may lie between two."""
    return decimal_words(place, 1).removesuffix(".0")


def _spread_words(spread: Any, decimals: int) -> str:
    """Return a number that a container wrote; whatever else it wrote is none."""
    known = isinstance(spread, (int, float)) and not isinstance(spread, bool)
    return decimal_words(spread, decimals) if known else "–"


def _spark(row: Any, *, phase: Phase, ranking: Ranking | None) -> Sparkline | None:
    if ranking is None or row.distribution is None:
        return None
    low, high = ranking.score_from, ranking.score_to
    return sparkline(row.distribution, low=low, high=high, decimals=decimals_of(phase))


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
    """Tell whether plan, scores and results are for ``user``: organizers, or all who look.

    Where the phase rounds scores or has a ladder, the latter wait until it is closed.
    """
    phase = ranking.phase
    if CHALLENGES.allows(user, phase.challenge, "change"):
        return True
    published = phase.publish_ranking and not withholds_details(phase)
    return published and CHALLENGES.allows(user, phase.challenge, "view")


def _read(key: str) -> bytes:
    with get_store().open(key) as stream:
        return stream.read()
