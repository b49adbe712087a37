"""Where an evaluation that is under way stands: cases done, place in the line, expected start."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q

from app.challenges.models import Evaluation, EvaluationCase
from app.core.hints import hint
from app.execution.models import Job
from app.execution.selectors import Waiting, prospects, waiting_reason


@dataclass(frozen=True)
class Progress:
    """How far it is. ``place`` and ``start`` are of its job that is next in the line.

    The next job being 1; nothing where none waits, and no start where nobody can know.
    """

    state: str
    cases_done: int
    cases_total: int
    place: int | None = None
    start: datetime | None = None
    waiting: Waiting | None = None


def progress_of(evaluation: Evaluation, *, states: list[str] | None = None) -> Progress:
    """Return how far an evaluation is; ``states`` are those of its cases, if they were read."""
    if states is None:
        states = list(evaluation.cases.values_list("state", flat=True))
    done = sum(state in EvaluationCase.WITH_RESULT for state in states)
    job = _next_in_line(evaluation)
    if job is None:
        return Progress(evaluation.state, done, len(states))
    where = prospects(job)
    return Progress(
        evaluation.state, done, len(states), where.place, where.start, waiting_reason(job)
    )


def evaluation_group(pk: object) -> str:
    """Return the group of hints at the news of one evaluation."""
    return f"evaluation.{pk}"


def hint_at_evaluation(pk: object, *, state: str = "") -> None:
    """Tell whoever follows an evaluation that there is news."""
    hint(evaluation_group(pk), evaluation=str(pk), state=state)


def evaluation_moved(evaluation: Evaluation, before: str, after: str) -> None:
    """Tell of an evaluation's move."""
    hint_at_evaluation(evaluation.pk, state=after)


def _next_in_line(evaluation: Evaluation) -> Job | None:
    """Return the waiting job of an evaluation that starts first, if nothing of it runs."""
    if evaluation.is_finished:
        return None
    if evaluation.job is not None:
        return evaluation.job if evaluation.job.state == Job.State.QUEUED else None
    running = Q(state__in=Job.RUNNING)
    jobs = Job.objects.filter(evaluation_cases__evaluation=evaluation)
    first = (
        jobs.filter(running | Q(state=Job.State.QUEUED))
        .annotate(runs=ExpressionWrapper(running, BooleanField()))
        .order_by("-runs", "-priority", "created")
        .first()
    )
    return None if first is None or first.state != Job.State.QUEUED else first
