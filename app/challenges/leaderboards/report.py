"""What the report of a ranking says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.challenges.declaration.showing import Answer
from app.challenges.designs import Declared, designs_of
from app.challenges.leaderboards.pictures import Choice, Shown, order_of, pictures_of
from app.challenges.leaderboards.rankings import may_download, results_of
from app.challenges.models import Phase, Ranking
from app.challenges.ranking import parse_plan
from app.challenges.ranking.plan import ABOUT, Kind
from app.challenges.ranking.words import plan_words

IN_SHORT = ("task", "target_cohort", "challenge_cohort", "test_cases", "metrics", "ranking_reason")
"""The items of the design that a report repeats."""


@dataclass(frozen=True)
class Line:
    """One entry of the ranking."""

    name: str
    rank: float
    tier: str
    value: float | None
    value_from: float | None
    value_to: float | None
    missing: int
    reason: str


@dataclass(frozen=True)
class Agreement:
    """How much another scheme's order agrees: Kendall's tau."""

    scheme: str
    tau: float


@dataclass(frozen=True)
class Report:
    """A ranking whole."""

    design: list[Answer]
    design_digest: str
    plan: list[str]
    lines: list[Line]
    unranked: list[tuple[str, str]]
    agreements: list[Agreement]
    pictures: list[Shown]
    notes: list[str]
    about: Mapping[str, Any]
    cases: int
    value_title: str
    level: str
    downloadable: bool


def report_of(user: Any, ranking: Ranking, choice: Choice) -> Report:
    """Return the report of the ranking by the chosen scheme and task, as ``user`` may see it."""
    results = results_of(ranking)
    about: Mapping[str, Any] = results[ABOUT]
    declared = _design(ranking.phase)
    of_task: Mapping[str, Any] = results[choice.scheme].get(choice.task, {})
    agreements = about["agreement"].get(choice.task, {}).get(choice.scheme, {})
    return Report(
        design=_in_short(declared),
        design_digest=declared.current.digest if declared.current else "",
        plan=plan_words(ranking.plan),
        lines=[_line(name, of_task[name]) for name in order_of(results, choice)] if of_task else [],
        unranked=[(name, one["reason"]) for name, one in of_task.items() if one["rank"] is None],
        agreements=[Agreement(name, tau) for name, tau in agreements.items() if tau is not None],
        pictures=[one for one in pictures_of(user, ranking, choice) if not one.told.why_not],
        notes=_notes(about["notes"], choice),
        about=about,
        cases=about["cases"].get(choice.task, ranking.cases),
        value_title=_value_title(ranking, choice),
        level=f"{100 * about['level']:g} %",
        downloadable=may_download(user, ranking),
    )


def _notes(notes: Iterable[Mapping[str, str]], choice: Choice) -> list[str]:
    """Return the notes of the whole and those of the chosen scheme and task."""
    own = {"scheme": choice.scheme, "task": choice.task}
    return [
        note["text"] for note in notes if all(note.get(key, own[key]) == own[key] for key in own)
    ]


def _value_title(ranking: Ranking, choice: Choice) -> str:
    """Return what the values of the scheme are."""
    plan = parse_plan(ranking.plan)
    scheme = next(one for one in plan.schemes if one.name == choice.scheme)
    metrics = ", ".join(scheme.metrics)
    return {
        Kind.ABSOLUTE: metrics,
        Kind.AGGREGATE_THEN_RANK: f"{scheme.aggregate.name} of {metrics}",
        Kind.RANK_THEN_AGGREGATE: f"{scheme.aggregate.name} of ranks",
        Kind.METRIC_RANKS: f"{scheme.across.name} of ranks",
        Kind.TEST_BASED: "Share beaten",
        Kind.CONSENSUS: f"{scheme.across.name} of ranks",
    }[scheme.kind].capitalize()


def _design(phase: Phase) -> Declared:
    """Return the phase's own design, or the challenge's where it declares none."""
    found = designs_of(phase.challenge)
    own = next((one for one in found.phases if one.phase == phase and one.versions), None)
    return own or found.own


def _in_short(declared: Declared) -> list[Answer]:
    def chosen() -> Iterator[Answer]:
        for part in declared.parts:
            yield from (one for one in part.answers if one.item.name in IN_SHORT)

    return list(chosen())


def _line(name: str, entry: Mapping[str, Any]) -> Line:
    low, high = entry["value_interval"] or (None, None)
    tier = entry["tier"] or f"{entry['rank']:g}"
    return Line(
        name,
        entry["rank"],
        tier,
        entry["value"],
        low,
        high,
        entry["missing"],
        entry.get("reason", ""),
    )
