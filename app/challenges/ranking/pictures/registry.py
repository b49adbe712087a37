"""The pictures there are, in the order of the page, and when each can be drawn."""

from collections.abc import Callable
from dataclasses import dataclass

from app.challenges.ranking.pictures import (
    blobs,
    case_lines,
    podium,
    rank_heat_map,
    significance_map,
    violins,
)
from app.challenges.ranking.pictures.asked import MOST_ROWS, Asked, Table
from app.challenges.ranking.plan import Kind
from app.challenges.ranking.plots.parts import MOST_ENTRIES, Spec


@dataclass(frozen=True)
class PictureKind:
    """One kind of picture.

    ``needs`` says why it cannot be drawn, or nothing. ``names_cases``: it shows scores of single
    cases, which not everyone may see. ``most``: so many entries it shows.
    """

    key: str
    title: str
    reading: str
    spec: Callable[[Asked], Spec]
    finding: Callable[[Asked, Spec], str]
    table: Callable[[Asked, Spec], Table]
    needs: Callable[[Asked], str]
    names_cases: bool = False
    most: int = MOST_ROWS


@dataclass(frozen=True)
class Picture:
    """A picture that was made."""

    spec: Spec
    finding: str
    table: Table


def _draws(asked: Asked) -> str:
    if not asked.has_draws or asked.entries[asked.names[0]]["tier"] is None:
        return "It needs ranks by resampled cases: two cases at least, and a plan with a bootstrap."
    return ""


def _tau(asked: Asked) -> str:
    if not asked.has_draws:
        return "It needs ranks by resampled cases: a plan with a bootstrap."
    return "" if violins.taus(asked) else "In every draw all entries share one rank."


def _cases(asked: Asked) -> str:
    if asked.scheme.kind is Kind.CONSENSUS:
        return "This scheme ranks over tasks; choose one that ranks by cases."
    return "" if asked.has_cases else "It needs scores of two cases at least."


def _tests(asked: Asked) -> str:
    tested = asked.task in asked.all_results["about"]["tests"].get(asked.scheme.name, {})
    return "" if tested else "This scheme makes no tests; choose one that does, if the plan has it."


KINDS: dict[str, PictureKind] = {
    kind.key: kind
    for kind in (
        PictureKind(
            "ranks", blobs.TITLE, blobs.READING, blobs.spec, blobs.finding, blobs.table, _draws
        ),
        PictureKind(
            "pairs",
            significance_map.TITLE,
            significance_map.READING,
            significance_map.spec,
            significance_map.finding,
            significance_map.table,
            _tests,
        ),
        PictureKind(
            "stability",
            violins.TITLE,
            violins.READING,
            violins.spec,
            violins.finding,
            violins.table,
            _tau,
        ),
        PictureKind(
            "heat-map",
            rank_heat_map.TITLE,
            rank_heat_map.READING,
            rank_heat_map.spec,
            rank_heat_map.finding,
            rank_heat_map.table,
            _cases,
        ),
        PictureKind(
            "podium",
            podium.TITLE,
            podium.READING,
            podium.spec,
            podium.finding,
            podium.table,
            _cases,
            names_cases=True,
            most=MOST_ENTRIES,
        ),
        PictureKind(
            "cases",
            case_lines.TITLE,
            case_lines.READING,
            case_lines.spec,
            case_lines.finding,
            case_lines.table,
            _cases,
            names_cases=True,
            most=MOST_ENTRIES,
        ),
    )
}


def why_not(kind: PictureKind, asked: Asked) -> str:
    """Return why the picture cannot be drawn, or nothing."""
    if asked.ranked < 2:
        return "It needs two ranked entries at least."
    return kind.needs(asked)


def picture(kind: PictureKind, asked: Asked) -> Picture:
    """Make the picture; only where `why_not` finds nothing."""
    spec = kind.spec(asked)
    return Picture(spec, kind.finding(asked, spec), kind.table(asked, spec))
