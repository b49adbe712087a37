"""Statistics of a study for its editors."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Any
from uuid import UUID

from app.accounts.models import User
from reader_studies.models import Answer, Question, ReaderStudy, ReaderStudyMember
from reader_studies.selectors import Progress, progress_by_reader, questions_of
from reader_studies.statistics import fleiss_kappa, percent_agreement


@dataclass(frozen=True)
class QuestionStatistics:
    """What readers answered to one question."""

    question: Question
    answered: int
    counts: list[tuple[str, int, int]]  # (answer, count, percent)
    mean: float | None = None
    median: float | None = None
    deviation: float | None = None
    agreement: float | None = None
    kappa: float | None = None


@dataclass(frozen=True)
class StudyStatistics:
    """Progress per reader and answers per question."""

    readers: list[tuple[User, Progress]]
    questions: list[QuestionStatistics]
    answers: int


def study_statistics(study: ReaderStudy) -> StudyStatistics:
    """Summarise a study: who is how far, what was answered, how well readers agree."""
    answers: dict[UUID, list[Answer]] = defaultdict(list)
    for answer in Answer.objects.filter(display_set__study=study):
        answers[answer.question_id].append(answer)
    members = ReaderStudyMember.objects.filter(target=study).select_related("user")
    readers = sorted((row.user for row in members), key=lambda user: user.display_name.lower())
    progress = progress_by_reader(study, readers=readers)
    return StudyStatistics(
        readers=[(reader, progress[reader.pk]) for reader in readers],
        questions=[_summarise(question, answers[question.pk]) for question in questions_of(study)],
        answers=sum(len(rows) for rows in answers.values()),
    )


def _summarise(question: Question, answers: list[Answer]) -> QuestionStatistics:
    if question.kind == Question.Kind.NUMBER:
        numbers = [float(answer.value) for answer in answers]
        return QuestionStatistics(
            question=question,
            answered=len(numbers),
            counts=[],
            mean=fmean(numbers) if numbers else None,
            median=median(numbers) if numbers else None,
            deviation=stdev(numbers) if len(numbers) > 1 else None,
        )
    if question.kind == Question.Kind.TEXT:
        return QuestionStatistics(question=question, answered=len(answers), counts=[])
    cases = _by_case(answers)
    return QuestionStatistics(
        question=question,
        answered=len(answers),
        counts=_counts(question, answers),
        agreement=percent_agreement(cases),
        kappa=fleiss_kappa(cases),
    )


def _by_case(answers: list[Answer]) -> list[list[Any]]:
    cases: dict[UUID, list[Any]] = defaultdict(list)
    for answer in answers:
        cases[answer.display_set_id].append(answer.value)
    return list(cases.values())


def _counts(question: Question, answers: list[Answer]) -> list[tuple[str, int, int]]:
    counted = Counter(answer.value for answer in answers)
    if question.kind == Question.Kind.CHOICE:
        named: list[tuple[Any, str]] = [(o.pk, o.title) for o in question.options.all()]
    else:
        named = [(True, "Yes"), (False, "No")]
    total = len(answers) or 1
    return [(title, counted[key], round(100 * counted[key] / total)) for key, title in named]
