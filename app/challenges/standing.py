"""How somebody stands in a phase: as what they take part, and how often they may still submit."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from app.accounts.models import User
from app.challenges.limits import Allowance, Extra, Limit, UnderWay, allowance, tightest
from app.challenges.models import Evaluation, Grant, Phase, Submission, Team
from app.challenges.selectors import counting_submissions
from app.challenges.teams import entrants_of, party_of

KINDS = ("successful", "attempted")


@dataclass(frozen=True)
class Standing:
    """What one person, or their team, may still hand in; ``allowances`` by kind of limit.

    ``under_way`` is about what is being evaluated; nothing where the phase takes any number.
    """

    team: Team | None
    allowances: dict[str, Allowance]
    missing_parent: Phase | None = None
    under_way: UnderWay | None = None

    @property
    def tightest(self) -> Allowance | None:
        """The limit that is met first, if there is any."""
        return tightest(self.allowances.values())

    @property
    def left(self) -> int | None:
        """How many submissions are left now; nothing stands for any number."""
        first = self.tightest
        return first.left if first else None

    @property
    def may_submit(self) -> bool:
        """Tell whether the limits and the parent phase let one more through."""
        return self.left != 0 and self.missing_parent is None and not self.waits

    @property
    def waits(self) -> bool:
        """Tell whether one that is under way has to end first."""
        return self.under_way is not None and self.under_way.is_full

    @property
    def next_at(self) -> datetime | None:
        """When one more is possible, if none is now and waiting helps."""
        if self.left != 0:
            return None
        met = [one.next_at for one in self.allowances.values() if one.left == 0]
        known = [moment for moment in met if moment is not None]
        return max(known) if len(known) == len(met) else None

    @property
    def met(self) -> str:
        """The kind of limit that is met, or nothing."""
        first = self.tightest
        if first is None or first.left:
            return ""
        return next(kind for kind, one in self.allowances.items() if one is first)


def standing_of(user: User, phase: Phase) -> Standing:
    """Return how ``user`` stands in ``phase`` now."""
    party = party_of(user, phase.challenge)
    missing = phase.parent if not _came_through(party.people, phase) else None
    counts = _counts(phase, party.people)
    return Standing(party.team, _allowances(phase, counts), missing, _under_way(phase, counts))


def limit_of(phase: Phase, kind: str) -> Limit | None:
    """Return the phase's limit of a kind, if it has one."""
    most = getattr(phase, f"limit_{kind}")
    return None if most is None else Limit(most, getattr(phase, f"limit_{kind}_days"))


def limits_of(phase: Phase) -> dict[str, Limit]:
    """Return the phase's limits by kind."""
    found = {kind: limit_of(phase, kind) for kind in KINDS}
    return {kind: limit for kind, limit in found.items() if limit is not None}


@dataclass(frozen=True)
class _Counts:
    """What counts for some people: when they handed in, by kind, and what was granted."""

    used: dict[str, list[datetime]]
    extras: list[Extra]
    under_way: int


def _allowances(phase: Phase, counts: _Counts) -> dict[str, Allowance]:
    now = timezone.now()
    return {
        kind: allowance(limit, used=counts.used[kind], extras=counts.extras, now=now)
        for kind, limit in limits_of(phase).items()
    }


def _under_way(phase: Phase, counts: _Counts) -> UnderWay | None:
    most = phase.limit_under_way
    return None if most is None else UnderWay(most, counts.under_way)


def attempted_submissions(phase: Phase) -> QuerySet[Submission]:
    """Return every submission that was taken, but for those given back."""
    taken = Submission.objects.filter(phase=phase, refund="")
    return taken.filter(state__in=[Submission.State.ACCEPTED, Submission.State.WITHDRAWN])


def counted_for(
    submissions: QuerySet[Submission], phase: Phase, people: list[int]
) -> QuerySet[Submission]:
    """Return which of ``submissions`` count for these people: their team's, or once their own.

    What somebody handed in, alone or in another team, counts wherever they go; so does what their
    team handed in before they came.
    """
    teams = entrants_of(people, phase.challenge).filter(team__isnull=False)
    return submissions.filter(Q(people__in=people) | Q(entrant__in=teams)).distinct()


def _counts(phase: Phase, people: list[int]) -> _Counts:
    """Read what counts for these people in one query, or none where there is no limit."""
    if phase.limit_under_way is None and not limits_of(phase):
        return _Counts({}, [], 0)
    counted = {
        "successful": counting_submissions(phase),
        "attempted": attempted_submissions(phase),
        "waits": _waited_for(phase),
    }
    kinds = {name: Exists(rows.filter(pk=OuterRef("pk"))) for name, rows in counted.items()}
    found = counted_for(Submission.objects.filter(phase=phase), phase, people)
    columns = ("pk", "created", *kinds, "granted")
    handed_in = found.order_by().annotate(**kinds, granted=Value(0)).values(*columns)
    granted = Grant.objects.filter(phase=phase, entrant__in=entrants_of(people, phase.challenge))
    nothing = dict.fromkeys(kinds, Value(False))
    grants = granted.order_by().annotate(**nothing, granted=F("amount")).values(*columns)
    rows = list(handed_in.union(grants, all=True))
    return _Counts(
        used={kind: [row["created"] for row in rows if row[kind]] for kind in KINDS},
        extras=[Extra(row["granted"], row["created"]) for row in rows if row["granted"]],
        under_way=sum(row["waits"] for row in rows),
    )


def _waited_for(phase: Phase) -> QuerySet[Submission]:
    """Return what is being evaluated; what others have evaluated again is not their doing."""
    running = Evaluation.objects.filter(submission=OuterRef("pk"), requested_by=None)
    return Submission.objects.filter(
        Exists(running.exclude(state__in=Evaluation.MACHINE.final)),
        phase=phase,
        state=Submission.State.ACCEPTED,
    )


def _came_through(people: list[int], phase: Phase) -> bool:
    """Tell whether these people, or their team, came to a score in the parent phase."""
    if phase.parent is None:
        return True
    scored = Evaluation.objects.filter(
        submission__in=counted_for(
            Submission.objects.filter(phase=phase.parent, state=Submission.State.ACCEPTED),
            phase,
            people,
        ),
        state=Evaluation.State.SUCCEEDED,
        score__isnull=False,
    )
    return scored.exists()
