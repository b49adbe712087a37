"""The ranking plan: what is declared before a challenge opens, and run as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.challenges.ranking.aggregates import MEAN, Aggregate
from app.challenges.ranking.positions import Direction
from app.challenges.ranking.ranks import Ties

ABOUT = "about"
"""The key of the results that is no scheme's name."""


class Kind(StrEnum):
    """The schemes there are; `app.challenges.ranking.schemes` has one module for each."""

    ABSOLUTE = "absolute"
    METRIC_RANKS = "metric-ranks"
    AGGREGATE_THEN_RANK = "aggregate-then-rank"
    RANK_THEN_AGGREGATE = "rank-then-aggregate"
    TEST_BASED = "test-based"
    CONSENSUS = "consensus"


class Invalid(StrEnum):
    """What a value that is no finite number does."""

    MISSING = "missing"
    REFUSE = "refuse"


class RankIntervals(StrEnum):
    """How intervals for ranks are made, see `rank_intervals`."""

    PAIRWISE = "pairwise"
    PERCENTILE = "percentile"


@dataclass(frozen=True)
class Missing:
    """What a missing score counts as: ``value``, or the worst rank."""

    value: float | None = None


@dataclass(frozen=True)
class Metric:
    """One metric of ``scores.csv``; ``range`` are the lowest and highest value it can have."""

    name: str
    direction: Direction
    missing: Missing
    range: tuple[float, float] | None = None


@dataclass(frozen=True)
class Scheme:
    """One way to rank. ``aggregate`` is over cases, ``across`` over metrics or tasks."""

    name: str
    kind: Kind
    metrics: tuple[str, ...] = ()
    aggregate: Aggregate = MEAN
    across: Aggregate = MEAN
    alpha: float = 0.05
    of: str = ""
    absent_is_worst: bool = False


@dataclass(frozen=True)
class Groups:
    """Which cases belong together; without either each is on its own (or all are in one heap)."""

    separator: str = ""
    cases: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.separator or self.cases)


@dataclass(frozen=True)
class Bootstrap:
    """How cases are drawn again."""

    seed: int
    draws: int = 1000
    cluster: Groups = Groups()
    strata: Groups = Groups()


@dataclass(frozen=True)
class Intervals:
    """The level of all intervals, and how those of ranks and of values are made."""

    level: float = 0.95
    ranks: RankIntervals = RankIntervals.PAIRWISE
    values: str = "auto"


@dataclass(frozen=True)
class Plan:
    """A plan that was checked; ``digest`` is the SHA-256 of its canonical JSON."""

    metrics: Mapping[str, Metric]
    schemes: tuple[Scheme, ...]
    ties: Ties = Ties.MIN
    invalid: Invalid = Invalid.MISSING
    bootstrap: Bootstrap | None = None
    ci: Intervals = Intervals()
    digest: str = ""
