"""Why a case failed, as participants and as organizers are told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.challenges.models import Evaluation, EvaluationCase
from app.challenges.policies import EVALUATIONS
from app.challenges.scoring import Masker, masked_excerpt
from app.challenges.services.case_scores import without_ending
from app.execution.models import Job
from app.execution.selectors import job_log

_SMALLEST_KEY = 10_000
"""A number below is a line or a size more often than it is the key of a value in inputs.json.

Behind the word “pk” all are hidden.
"""


@dataclass(frozen=True)
class Failure:
    """What somebody is told; ``masked`` says that names and data were taken out of the log."""

    reason: str
    advice: str
    log: str
    masked: bool


def failure_of(user: Any, case: EvaluationCase) -> Failure | None:
    """Return why a case failed, as far as it is for ``user``; nothing where it did not fail.

    Organizers see everything. Whoever handed in sees the reason and the end of the log of their
    own container, without what names the case, unless the phase shows no logs.
    """
    job = case.job
    if job is None or job.state != Job.State.FAILED:
        return None
    if EVALUATIONS.allows(user, case.evaluation, "inspect"):
        return Failure(job.reason, job.advice, job_log(job)[0], masked=False)
    if not EVALUATIONS.allows(user, case.evaluation, "log"):
        return None
    masker = Masker(tuple(names_of(case)))
    shown = case.evaluation.submission.phase.show_logs
    log = masked_excerpt(job_log(job)[0], masker=masker) if shown else ""
    return Failure(masker(job.reason), masker(job.advice), log, masked=True)


@dataclass(frozen=True)
class ScoringFailure:
    """How the evaluation container ended, for organizers: its log may name cases and their data."""

    reason: str
    advice: str
    exit_code: int | None
    log: str


def scoring_failure_of(user: Any, evaluation: Evaluation) -> ScoringFailure | None:
    """Return how the evaluation container of a failed evaluation ended, to organizers alone.

    One that ended well is told of too: what it wrote may be no result.
    """
    job = evaluation.job if evaluation.state == Evaluation.State.FAILED else None
    if job is None or not EVALUATIONS.allows(user, evaluation, "inspect"):
        return None
    return ScoringFailure(job.reason, job.advice, job.record.get("exit_code"), job_log(job)[0])


def advice_on_failure(evaluation: Evaluation, cases: Iterable[EvaluationCase]) -> str:
    """Return what is to be done about an evaluation that failed."""
    if evaluation.submission.refund:
        return "Hand it in again; this attempt does not count."
    failed = [case.order for case in cases if case.state == EvaluationCase.State.FAILED]
    if failed:
        return (
            f"Open case {min(failed)} below for the reason. "
            "A failed evaluation does not count as successful."
        )
    return "A failed evaluation does not count as successful. The organizers can evaluate it again."


def names_of(case: EvaluationCase) -> Iterator[str]:
    """Yield everything that names a case of the phase, or a file of one."""
    yield str(case.pk)
    archive = case.item.archive
    yield archive.title
    for item in archive.items.prefetch_related("values__image"):
        yield item.title
        for value in item.values.all():
            if value.pk >= _SMALLEST_KEY:
                yield str(value.pk)
            if value.image is not None:
                yield value.image.name
                yield without_ending(value.image.name)
