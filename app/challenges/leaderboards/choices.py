"""Plans that are chosen and not written: a scheme for one metric, and the rules beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.challenges.leaderboards.plans import DRAWS


class SchemeChoice(StrEnum):
    """What an organizer chooses from; ``DEFAULT`` and ``OWN`` are no plan of this module."""

    DEFAULT = "default"
    MEAN = "mean"
    MEDIAN = "median"
    RANKS = "ranks"
    TESTS = "tests"
    OWN = "own"


_SCHEMES: Mapping[str, Mapping[str, Any]] = {
    SchemeChoice.MEAN: {"kind": "aggregate-then-rank", "aggregate": "mean"},
    SchemeChoice.MEDIAN: {"kind": "aggregate-then-rank", "aggregate": "median"},
    SchemeChoice.RANKS: {"kind": "rank-then-aggregate", "aggregate": "mean"},
    SchemeChoice.TESTS: {"kind": "test-based", "alpha": 0.05},
}


@dataclass(frozen=True)
class ChosenPlan:
    """A chosen scheme; ``missing`` is what a missing score counts as, without it the worst."""

    choice: SchemeChoice
    metric: str
    direction: str
    missing: float | None = None
    ties: str = "min"

    def document(self, seed: int) -> dict[str, Any]:
        """Return the plan. Tests need no draws: they say themselves who is separable."""
        rule = {"rule": "worst"} if self.missing is None else {"rule": "value"}
        plan: dict[str, Any] = {
            "version": 1,
            "metrics": {self.metric: {"direction": self.direction.lower()}},
            "schemes": [{**_SCHEMES[self.choice], "metric": self.metric}],
            "missing": rule if self.missing is None else {**rule, "value": self.missing},
            "ties": self.ties,
        }
        if self.choice is not SchemeChoice.TESTS:
            plan["bootstrap"] = {"draws": DRAWS, "seed": seed}
            plan["ci"] = {"level": 0.95, "ranks": "pairwise", "values": "auto"}
        return plan


def chosen_plan(document: Mapping[str, Any]) -> ChosenPlan | None:
    """Return what was chosen to get this checked plan; nothing for one that somebody wrote."""
    metrics = list(document["metrics"].items())
    if len(metrics) != 1:
        return None
    name, metric = metrics[0]
    for choice in _SCHEMES:
        found = ChosenPlan(
            choice=SchemeChoice(choice),
            metric=name,
            direction=metric["direction"].upper(),
            missing=document.get("missing", {}).get("value"),
            ties=document.get("ties", "min"),
        )
        if found.document(seed_in(document)) == document:
            return found
    return None


def seed_in(document: Mapping[str, Any]) -> int:
    """Return the seed that a checked plan draws with; 0 where it draws nothing."""
    return int(document.get("bootstrap", {}).get("seed", 0))
