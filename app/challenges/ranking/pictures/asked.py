"""What a picture is asked of: one scheme's ranking in one task, with what it was made from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.challenges.ranking.plan import Kind, Plan, Scheme
from app.challenges.ranking.plots.parts import Results, in_order, metric_of
from app.challenges.ranking.table import NoScores, ScoreTable, TaskScores

MOST_ROWS = 40
"""So many entries have a row of their own in a picture: the best."""
_NAMED = 4
"""So many are named in a sentence; the others are counted."""


@dataclass(frozen=True)
class Table:
    """The numbers of a picture, for those who read rather than look."""

    heads: tuple[str, ...]
    rows: list[list[str]] = field(default_factory=list)
    left_out: int = 0


@dataclass(frozen=True)
class Asked:
    """A scheme and a task of a ranking."""

    plan: Plan
    scores: ScoreTable
    all_results: Results
    scheme: Scheme
    task: str

    @cached_property
    def ranked(self) -> int:
        """How many entries have a rank."""
        return len(in_order(self.all_results, self.scheme.name, self.task))

    @cached_property
    def names(self) -> list[str]:
        """The best entries, in order: those that pictures show."""
        return in_order(self.all_results, self.scheme.name, self.task)[:MOST_ROWS]

    @property
    def entries(self) -> Mapping[str, Any]:
        """What the results say of each entry of the task, by its name."""
        found: Mapping[str, Any] = self.all_results[self.scheme.name][self.task]
        return found

    @property
    def has_cases(self) -> bool:
        """Tell whether the scheme ranks by scores of single cases, and there are several."""
        found = self.scores.tasks.get(self.task)
        if self.scheme.kind is Kind.CONSENSUS or found is None:
            return False
        try:
            _, cases = found.of_metric(metric_of(self.scheme, found))
        except NoScores:
            return False
        return len(cases) > 1

    @property
    def cases(self) -> TaskScores:
        """The scores of single cases; only where `has_cases`."""
        return self.scores.tasks[self.task]

    @cached_property
    def results(self) -> Results:
        """The results with the best entries alone in this task, so that no picture is endless."""
        if self.ranked <= MOST_ROWS:
            return self.all_results
        name, task, kept = self.scheme.name, self.task, set(self.names)
        about = dict(self.all_results["about"])
        tests = about["tests"].get(name, {}).get(task)
        if tests is not None:
            few = [one for one in tests if one["better"] in kept and one["worse"] in kept]
            about["tests"] = {name: {task: few}}
        few_entries = {one: entry for one, entry in self.entries.items() if one in kept}
        return {**self.all_results, "about": about, name: {task: few_entries}}

    @property
    def has_draws(self) -> bool:
        """Tell whether this ranking was made again with drawn cases."""
        return self.task in self.all_results["about"]["stability"].get(self.scheme.name, {})

    @property
    def stability(self) -> Mapping[str, Any]:
        """What the draws say of this ranking; only where `has_draws`."""
        found: Mapping[str, Any] = self.all_results["about"]["stability"]
        of_task: Mapping[str, Any] = found[self.scheme.name][self.task]
        return of_task


def listed(names: Sequence[str]) -> str:
    """Return “A, B and C”; with many, the first of them and how many more."""
    if len(names) > _NAMED:
        return f"{', '.join(names[: _NAMED - 1])} and {len(names) - _NAMED + 1} others"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def number(value: float | None) -> str:
    """Return a number for people; a dash for none."""
    return "–" if value is None else f"{value:.4g}"


def percent(share: float) -> str:
    """Return a share in percent; what is not quite none or all is not said to be."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def counted(count: int, word: str) -> str:
    """Return “1 case”, “2 cases”."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def most(pairs: Iterable[tuple[str, float]]) -> tuple[list[str], float]:
    """Return who has the largest number, and that number."""
    found = list(pairs)
    largest = max((value for _, value in found), default=0.0)
    return [name for name, value in found if value == largest], largest
