"""Reading how a challenge goes, for its organizers: in as many queries however large it is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Aggregate,
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Extract, JSONObject, TruncDate
from django.db.models.lookups import IsNull
from django.utils import timezone

from app.challenges.charts import Chart, growth, over_time
from app.challenges.models import (
    Challenge,
    ChallengeMember,
    Evaluation,
    EvaluationCase,
    Phase,
    Submission,
    Team,
)
from app.challenges.readiness import READY, readiness_as_read
from app.execution.models import ContainerImage, Job

State = Evaluation.State
TIMED = 20
"""Queue and run times are of the jobs of so many evaluations, the newest."""
LATELY = timedelta(days=7)
SLOW = timedelta(hours=6)
NO_TIMES = {
    "jobs": 0,
    "queue_median": None,
    "queue_late": None,
    "run_median": None,
    "run_late": None,
}


class Fault(StrEnum):
    """Whose doing it was that an evaluation failed."""

    OWN = "The submitted container"
    METHOD = "The evaluation container"
    DATA = "The test data"
    PLATFORM = "The portal"


_ADVICE = {
    Fault.OWN: "Whoever handed in sees the reason and the end of the log.",
    Fault.METHOD: "Open the evaluation for its log; mend the container and evaluate again.",
    Fault.DATA: "Look at the case that failed; the attempt was given back.",
    Fault.PLATFORM: "The attempt was given back. Evaluate again.",
}


@dataclass(frozen=True)
class Failures:
    """How many evaluations failed by one kind of fault, and what to do about it."""

    fault: Fault
    count: int

    @property
    def advice(self) -> str:
        """What to do."""
        return _ADVICE[self.fault]


@dataclass(frozen=True)
class Times:
    """Seconds of the jobs that were looked at; nothing where none ran."""

    jobs: int
    queue_median: float | None
    queue_late: float | None
    run_median: float | None
    run_late: float | None


@dataclass(frozen=True)
class Need:
    """Something that waits for an organizer; ``page`` is the name of the page to go to."""

    text: str
    page: str
    pk: UUID


@dataclass(frozen=True)
class Dashboard:
    """How a challenge goes."""

    submissions: int
    under_way: int
    scored: int
    failed: int
    participants: int
    teams: int
    cpu_hours: float
    gpu_hours: float
    stored: int
    times: Times
    failures: list[Failures]
    needs: list[Need]
    failed_lately: list[Evaluation]
    phase_charts: list[Chart]
    people_charts: list[Chart]


def with_figures(rows: QuerySet[Challenge], pk: UUID) -> QuerySet[Challenge]:
    """Return ``rows``, with what `dashboard_of` reads together with the challenge of this key."""
    people = ChallengeMember.objects.filter(target=pk, role=ChallengeMember.Role.PARTICIPANT)
    return rows.annotate(
        stored=_stored(pk),
        times=_times(pk),
        joined=_per_day(people),
        made=_per_day(Team.objects.filter(challenge=pk)),
    )


def dashboard_of(challenge: Challenge, *, waiting: int) -> Dashboard:
    """Return how a ``challenge`` goes that was read `with_figures`.

    So many people are ``waiting`` to be let in.
    """
    figures = vars(challenge)
    days = _per_day(Submission.objects.filter(phase=OuterRef("pk")))
    phases: list[Phase] = list(challenge.phases.annotate(**READY, days=days))
    handed_in = {phase.pk: _by_day(vars(phase)["days"]) for phase in phases}
    joined, made = _by_day(figures["joined"]), _by_day(figures["made"])
    rows = _states(challenge)
    states: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    slow: Counter[UUID] = Counter()
    for row in rows:
        states[row["state"]] += row["count"]
        slow[row["phase"]] += row["slow"]
        if row["fault"]:
            faults[row["fault"]] += row["count"]
    return Dashboard(
        submissions=sum(sum(counts.values()) for counts in handed_in.values()),
        under_way=sum(n for state, n in states.items() if state not in Evaluation.MACHINE.final),
        scored=states[State.SUCCEEDED],
        failed=states[State.FAILED],
        participants=sum(joined.values()),
        teams=sum(made.values()),
        cpu_hours=sum(row["cpu"] or 0 for row in rows) / 3600,
        gpu_hours=sum(row["gpu"] or 0 for row in rows) / 3600,
        stored=figures["stored"],
        times=Times(**(figures["times"] or NO_TIMES)),
        failures=[Failures(fault, faults[fault]) for fault in Fault if faults[fault]],
        needs=_needs(challenge, phases, waiting=waiting, slow=slow),
        failed_lately=_failed_lately(phases),
        phase_charts=_phase_charts(phases, handed_in),
        people_charts=_people_charts(joined, made),
    )


def _evaluations(challenge: UUID) -> QuerySet[Evaluation]:
    return Evaluation.objects.filter(submission__phase__challenge=challenge)


def _per_day(rows: QuerySet[Any]) -> ArraySubquery:
    """Return how many of ``rows`` were made on which day, to be read with something else."""
    days = rows.order_by().annotate(day=TruncDate("created")).values("day")
    counted = days.annotate(found=JSONObject(day=F("day"), count=Count("pk")))
    return ArraySubquery(counted.values("found"))


def _by_day(found: list[dict[str, Any]]) -> dict[date, int]:
    return {date.fromisoformat(one["day"]): one["count"] for one in found}


def _states(challenge: Challenge) -> list[dict[str, Any]]:
    """Return how many evaluations of a phase are in which state by whose fault, at what cost."""
    slow = Q(progressed_at__lt=timezone.now() - SLOW) & ~Q(state__in=Evaluation.MACHINE.final)
    rows = _evaluations(challenge.pk).order_by().annotate(fault=_fault())
    found = rows.values("state", "fault", phase=F("submission__phase")).annotate(
        count=Count("pk"),
        cpu=Sum("cpu_seconds"),
        gpu=Sum("gpu_seconds"),
        slow=Count("pk", filter=slow),
    )
    return [dict(row) for row in found]


def _fault() -> Case:
    """Return whose doing a failed evaluation is, and nothing for others."""
    cases = EvaluationCase.objects.filter(evaluation=OuterRef("pk"), job__state=Job.State.FAILED)
    by_platform = _any_of(cases.filter(job__reason_code="platform"))
    by_data = _any_of(cases.filter(job__reason_code="input"))
    return Case(
        When(~Q(state=State.FAILED), then=Value("")),
        When(Q(job__reason_code="platform") | by_platform, then=Value(str(Fault.PLATFORM))),
        When(job__state=Job.State.FAILED, then=Value(str(Fault.METHOD))),
        When(by_data, then=Value(str(Fault.DATA))),
        When(_any_of(cases), then=Value(str(Fault.OWN))),
        default=Value(str(Fault.PLATFORM)),
    )


def _any_of(rows: QuerySet[Any]) -> Q:
    """Tell whether there are any of ``rows``, by looking at those of the outer row alone.

    For EXISTS, PostgreSQL may rather gather the rows of every outer row first: here all jobs that
    ever failed on the portal.
    """
    return Q(IsNull(Subquery(rows.order_by().values("pk")[:1]), False))


class _Share(Aggregate):
    """The value below which a share of all lies: PostgreSQL's percentile_cont."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def _stored(challenge: UUID) -> CombinedExpression:
    """Return the bytes of containers and files handed in, to be read with something else."""
    submissions = Submission.objects.filter(phase__challenge=challenge).order_by()
    used = ContainerImage.objects.filter(pk__in=submissions.values("version__container_image"))
    return _total(used.order_by(), "size") + _total(submissions, "file_size")


def _total(rows: QuerySet[Any], field: str) -> Coalesce:
    total = rows.values(one=Value(1)).annotate(total=Sum(field)).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


def _times(challenge: UUID) -> Subquery:
    """Return how long the jobs of the newest evaluations waited and ran, as `Times` has it.

    To be read with something else.
    """
    newest = _evaluations(challenge).order_by("-created").values("pk")[:TIMED]
    cases = EvaluationCase.objects.filter(evaluation__in=newest, job__started_at__isnull=False)
    began = F("job__started_at")
    waited = Extract(began - F("job__created"), "epoch", output_field=FloatField())
    ran = Extract(F("job__finished_at") - began, "epoch", output_field=FloatField())
    found = JSONObject(
        jobs=Count("pk"),
        queue_median=_Share(waited, share=0.5),
        queue_late=_Share(waited, share=0.9),
        run_median=_Share(ran, share=0.5),
        run_late=_Share(ran, share=0.9),
    )
    ran_here = cases.exclude(state=EvaluationCase.State.REUSED).order_by()
    return Subquery(ran_here.values(one=Value(1)).annotate(found=found).values("found"))


def _failed_lately(phases: list[Phase]) -> list[Evaluation]:
    """Return the newest failures of the last days that no other evaluation made up for."""
    better = Evaluation.objects.filter(
        submission=OuterRef("submission"), created__gt=OuterRef("created")
    )
    rows = Evaluation.objects.filter(
        ~Exists(better),
        submission__phase__in=phases,
        state=State.FAILED,
        finished_at__gt=timezone.now() - LATELY,
    )
    shown = rows.select_related("submission__version__algorithm", "submission__creator")
    fields = ("submission__phase_id", "submission__version__number", "finished_at")
    named = ("submission__file_name", "submission__version__algorithm__title")
    people = [f"submission__creator__{name}" for name in ("username", "first_name", "last_name")]
    read = shown.only(*fields, *named, *people).annotate(fault=_fault())
    found: list[Evaluation] = list(read.order_by("-finished_at")[:10])
    phase_of = {one.pk: one for one in phases}
    for row in found:
        row.submission.phase = phase_of[row.submission.phase_id]
    return found


def _needs(
    challenge: Challenge, phases: list[Phase], *, waiting: int, slow: Mapping[UUID, int]
) -> list[Need]:
    found = []
    if waiting:
        people = "person waits" if waiting == 1 else "people wait"
        found.append(Need(f"{waiting} {people} to be let in.", "challenges:people", challenge.pk))
    found += [
        Need(
            f"{phase.title} takes submissions and is not ready.", "challenges:setup_phase", phase.pk
        )
        for phase in phases
        if phase.takes_submissions and not readiness_as_read(phase).ready
    ]
    for phase in phases:
        if count := slow[phase.pk]:
            text = f"{count} evaluation{'s' if count > 1 else ''} in {phase.title} came no further"
            found.append(Need(f"{text} in six hours.", "challenges:submissions", phase.pk))
    return found


def _phase_charts(phases: list[Phase], handed_in: Mapping[UUID, dict[date, int]]) -> list[Chart]:
    today = timezone.now().date()
    found = [
        over_time(f"phase-{number}", phase.title, handed_in.get(phase.pk, {}), until=today)
        for number, phase in enumerate(phases)
    ]
    return [chart for chart in found if chart is not None]


def _people_charts(joined: dict[date, int], made: dict[date, int]) -> list[Chart]:
    today = timezone.now().date()
    found = [
        growth("participants", "Participants", joined, until=today),
        growth("teams", "Teams", made, until=today),
    ]
    return [chart for chart in found if chart is not None]
