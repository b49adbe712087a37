"""How many submissions are left, and when the next one is possible. Imports no Django."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """At most ``most`` submissions in any ``days`` days, or in the whole phase without days."""

    most: int
    days: int | None = None

    @property
    def words(self) -> str:
        """The limit for people."""
        if self.days is None:
            return f"{self.most} in the whole phase"
        return f"{self.most} in any {self.days} days" if self.days > 1 else f"{self.most} in 24 h"

    def reaches(self, moment: datetime, now: datetime) -> bool:
        """Tell whether what happened at ``moment`` still counts ``now``."""
        return self.days is None or now < moment + timedelta(days=self.days)


@dataclass(frozen=True)
class Extra:
    """Submissions granted on top; they are there for the limit's days from when they were given."""

    amount: int
    given: datetime


@dataclass(frozen=True)
class Allowance:
    """What is left of one limit; ``next_at`` is when one more is possible, if waiting helps."""

    limit: Limit
    used: int
    left: int
    next_at: datetime | None


@dataclass(frozen=True)
class UnderWay:
    """How many submissions are being evaluated now, of at most ``most`` at a time."""

    most: int
    count: int

    @property
    def is_full(self) -> bool:
        """Tell whether one has to end before the next is taken."""
        return self.count >= self.most


def allowance(
    limit: Limit, *, used: Sequence[datetime], extras: Sequence[Extra], now: datetime
) -> Allowance:
    """Return what is left of ``limit`` when submissions were made at the times ``used``."""
    counted = sum(limit.reaches(moment, now) for moment in used)
    left = max(0, _free(limit, used, extras, now))
    return Allowance(limit, counted, left, None if left else _next(limit, used, extras, now))


def tightest(found: Iterable[Allowance]) -> Allowance | None:
    """Return the allowance that has the least left, and of these the one to wait for longest."""
    return min(
        found, key=lambda one: (one.left, one.next_at is not None, _later(one)), default=None
    )


def _later(one: Allowance) -> float:
    return -one.next_at.timestamp() if one.next_at is not None else 0.0


def _free(limit: Limit, used: Sequence[datetime], extras: Sequence[Extra], now: datetime) -> int:
    counted = sum(limit.reaches(moment, now) for moment in used)
    return limit.most + sum(e.amount for e in extras if limit.reaches(e.given, now)) - counted


def _next(
    limit: Limit, used: Sequence[datetime], extras: Sequence[Extra], now: datetime
) -> datetime | None:
    """Return the first moment at which enough earlier submissions no longer count."""
    if limit.days is None or limit.most < 1:
        return None
    ends = sorted(moment + timedelta(days=limit.days) for moment in used)
    return next((end for end in ends if end > now and _free(limit, used, extras, end) > 0), None)
