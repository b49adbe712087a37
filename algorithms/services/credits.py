"""Who may start how many runs: credits of the last 30 days, and caps on runs under way.

`claim` is asked by the one service that starts try-outs. It locks the algorithm and then the
person, so that what it answers still holds when the runs are written in the same transaction.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from algorithms.models import (
    Algorithm,
    AlgorithmVersion,
    CreditCharge,
    CreditGrant,
    RunTerms,
)
from algorithms.policies import ALGORITHMS
from app.accounts.models import User
from app.audit.services import record
from app.core.errors import LimitReached, ValidationFailed
from app.execution.models import Job

WINDOW = timedelta(days=30)
NOT_THEIRS = ("platform", "input")
"""Reasons of failures that are not the container's doing."""
ACTIVE = tuple(state for state in Job.State if state not in Job.MACHINE.final)


@dataclass(frozen=True)
class Allowance:
    """What one person may start of one algorithm now.

    ``left`` is ``None`` where nobody counts credits; ``back`` tells when which credits return,
    the next ones first; ``complimentary`` runs are free.
    """

    cost: int
    left: int | None
    complimentary: int
    active: int
    cap: int
    algorithm_active: int
    algorithm_cap: int
    back: Sequence[tuple[datetime, int]] = ()

    @property
    def affordable(self) -> int | None:
        """How many runs the credits pay for, free ones included; ``None``: any number."""
        if self.left is None or not self.cost:
            return None
        return self.complimentary + self.left // self.cost

    @property
    def free_places(self) -> int:
        """How many more runs may be under way."""
        return max(0, min(self.cap - self.active, self.algorithm_cap - self.algorithm_active))

    @property
    def startable(self) -> int:
        """How many runs can start now."""
        affordable = self.affordable
        return self.free_places if affordable is None else min(affordable, self.free_places)

    @property
    def left_text(self) -> str:
        """The credits that are left, in words."""
        return "no limit" if self.left is None else f"{self.left:,}"

    def price_of(self, runs: int) -> int:
        """Return what so many runs cost together."""
        return self.cost * max(0, runs - self.complimentary)

    @property
    def obstacle(self) -> LimitReached | None:
        """Why not even one run can start now, and what to do; ``None`` when one can."""
        return None if self.startable else self.refusal(1)

    def refusal(self, runs: int) -> LimitReached:
        """Return the error for whoever wanted so many runs at once."""
        if self.affordable is not None and runs > self.affordable:
            when = self.back[0][0] if self.back else None
            advice = "Ask an administrator for more credits."
            if when is not None:
                advice = f"The next {self.back[0][1]} credits come back on {_words(when)}. {advice}"
            return LimitReached(
                f"{_runs(runs)} cost{'s' if runs == 1 else ''} {self.price_of(runs)} credits; "
                f"you have {self.left or 0}.",
                advice=advice,
                back_at=when.isoformat() if when else None,
            )
        if self.active + runs > self.cap:
            return LimitReached(
                f"You have {_runs(self.active)} under way; {self.cap} are allowed at a time.",
                advice="Wait until one has ended, or cancel one.",
            )
        return LimitReached(
            f"{_runs(self.algorithm_active)} of this algorithm "
            f"{'is' if self.algorithm_active == 1 else 'are'} under way; "
            f"{self.algorithm_cap} are allowed at a time.",
            advice="Wait until one has ended.",
        )


def allowance(*, user: User, version: AlgorithmVersion) -> Allowance:
    """Return what ``user`` may start of this version now, to be shown before running."""
    algorithm = version.algorithm
    terms = RunTerms.objects.filter(algorithm=algorithm).first()
    limit = terms.active_runs if terms is not None else None
    return Allowance(
        cost=_cost(algorithm, terms),
        left=credits_left(user),
        complimentary=_complimentary(user, version),
        active=count_active(creator=user),
        cap=settings.RUNS_PER_PERSON,
        algorithm_active=count_active(algorithm=algorithm),
        algorithm_cap=settings.RUNS_PER_ALGORITHM if limit is None else limit,
        back=returning(user),
    )


def claim(*, actor: User, version: AlgorithmVersion, runs: int) -> Allowance:
    """Make sure that ``actor`` may start so many runs; nobody else starts any until commit.

    Raises `LimitReached`. Call it in the transaction that writes the runs.
    """
    Algorithm.objects.select_for_update(no_key=True).get(pk=version.algorithm_id)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    found = allowance(user=actor, version=version)
    if runs > found.startable:
        raise found.refusal(runs)
    return found


def charge(jobs: Sequence[Job], *, actor: User, allowed: Allowance) -> None:
    """Write down what jobs cost that were just started under ``allowed``."""
    for number, job in enumerate(jobs):
        free = number < allowed.complimentary
        cost = 0 if free else allowed.cost
        CreditCharge.objects.create(user=actor, job=job, credits=cost, complimentary=free)


@transaction.atomic
def refund(job: Job, *, why: str) -> bool:
    """Give back what a job took, once; tell whether there was anything to give back."""
    found = CreditCharge.objects.filter(job=job, refunded_at=None)
    if not found.update(refunded_at=timezone.now()):
        return False
    record("algorithms.credits.refunded", obj=job, data={"why": why})
    return True


def refund_faults() -> None:
    """Give back what was taken for jobs that never started, or failed through no fault of theirs.

    Most of it was given back when they ended; not what has no run, such as a warm container.
    """
    faults = Q(job__state=Job.State.FAILED, job__reason_code__in=NOT_THEIRS)
    never = Q(job__state=Job.State.CANCELLED, job__started_at=None)
    due = CreditCharge.objects.filter(faults | never, refunded_at=None)
    for found in due.select_related("job"):
        refund(found.job, why=found.job.reason_code or "cancelled before it started")


@transaction.atomic
def grant_credits(
    *, actor: User, user: User, amount: int, starts: date, ends: date, reason: str = ""
) -> CreditGrant:
    """Give a person more credits for a time."""
    if ends < starts:
        raise ValidationFailed(fields={"ends": ["It ends before it starts."]})
    grant = CreditGrant.objects.create(
        user=user, credits=amount, starts=starts, ends=ends, reason=reason, granted_by=actor
    )
    record(
        "algorithms.credits.granted",
        obj=grant,
        actor=actor,
        data={"credits": amount, "user": user.pk},
    )
    return grant


@transaction.atomic
def set_terms(
    *, actor: User, algorithm: Algorithm, minimum_credits: int, active_runs: int | None
) -> RunTerms:
    """Say what runs of an algorithm cost at least and how many may be under way."""
    values = {"minimum_credits": minimum_credits, "active_runs": active_runs}
    terms, _ = RunTerms.objects.update_or_create(algorithm=algorithm, defaults=values)
    record("algorithms.terms.changed", obj=terms, actor=actor, data=values)
    return terms


def credits_left(user: User) -> int | None:
    """Return the credits that a person may still spend; ``None`` where nobody counts."""
    if not settings.RUN_CREDITS_PER_MONTH:
        return None
    spent = _charges(user).aggregate(sum=Sum("credits"))["sum"] or 0
    granted = current_grants(user).aggregate(sum=Sum("credits"))["sum"] or 0
    return max(0, int(settings.RUN_CREDITS_PER_MONTH + granted - spent))  # a grant may have ended


def current_grants(user: User) -> QuerySet[CreditGrant]:
    """Return the grants that count today."""
    today = timezone.now().date()
    return CreditGrant.objects.filter(user=user, starts__lte=today, ends__gte=today)


def returning(user: User, *, most: int = 5) -> list[tuple[datetime, int]]:
    """Return when which credits come back: those of one day together, the next ones first."""
    rows = (
        _charges(user).filter(credits__gt=0).order_by("created").values_list("created", "credits")
    )
    days: dict[date, tuple[datetime, int]] = {}
    for created, amount in rows.iterator():
        moment = created + WINDOW
        first, before = days.get(moment.date(), (moment, 0))
        days[moment.date()] = (max(first, moment), before + amount)
        if len(days) > most:
            break
    return list(days.values())[:most]


def count_active(*, creator: User | None = None, algorithm: Algorithm | None = None) -> int:
    """Count the jobs of try-outs under way, waiting ones included, of a person or an algorithm.

    A job belongs to a run, or does a run's job once more. Either is counted by itself: a condition
    on both joins makes the database go through every job that there is.
    """
    jobs = Job.objects.filter(state__in=ACTIVE)
    if creator is not None:
        jobs = jobs.filter(creator=creator)
    counted = []
    for run in ("algorithm_run", "reproduces__algorithm_run"):
        wanted: dict[str, Any] = {f"{run}__try_out": True}
        if algorithm is not None:
            wanted[f"{run}__version__algorithm"] = algorithm
        counted.append(jobs.filter(**wanted).order_by().values("pk"))
    return counted[0].union(counted[1]).count()


def _charges(user: User) -> QuerySet[CreditCharge]:
    since = timezone.now() - WINDOW
    return CreditCharge.objects.filter(user=user, refunded_at=None, created__gt=since)


def _cost(algorithm: Algorithm, terms: RunTerms | None) -> int:
    """One credit for each minute that a run may take, and at least the algorithm's minimum."""
    minutes = math.ceil(algorithm.limits_for().wall_clock / 60)
    return max(minutes, terms.minimum_credits if terms is not None else 0)


def _complimentary(user: User, version: AlgorithmVersion) -> int:
    if ALGORITHMS.role_of(user, version.algorithm) != ALGORITHMS.owner_role:
        return 0
    ran = Q(job__algorithm_run__version=version)
    reproduced = Q(job__reproduces__algorithm_run__version=version)
    warm = Q(job__kept_warm__algorithm_endpoint__version=version)
    free = CreditCharge.objects.filter(refunded_at=None, complimentary=True)
    used = free.filter(ran | reproduced | warm).count()
    return max(0, settings.RUN_COMPLIMENTARY - used)


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"


def _words(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
