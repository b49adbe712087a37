"""Statistics of a study for its editors."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite
from statistics import fmean, median, stdev
from typing import Any
from uuid import UUID

from app.accounts.models import User
from reader_studies.answer_types import Summary
from reader_studies.models import Answer, Question, ReaderStudy, ReaderStudyMember
from reader_studies.selectors import Progress, progress_by_reader, questions_of
from reader_studies.statistics import fleiss_kappa, percent_agreement


@dataclass(frozen=True)
class QuestionStatistics:
    """What readers answered to one question; numbers of what is drawn count its objects.

    ``empty`` of the ``answered`` say that there is nothing.
    """

    question: Question
    answered: int
    counts: list[tuple[str, int, int]]  # (answer, count, percent)
    empty: int = 0
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
        questions=[
            _summarise(question, answers[question.pk])
            for question in questions_of(study)
            if question.answer_type.answerable
        ],
        answers=sum(len(rows) for rows in answers.values()),
    )


def _summarise(question: Question, answers: list[Answer]) -> QuestionStatistics:
    given = [answer for answer in answers if answer.content is not None]
    summary = question.answer_type.summary
    base = QuestionStatistics(
        question=question, answered=len(answers), empty=len(answers) - len(given), counts=[]
    )
    if summary is Summary.NUMBERS:
        return _numbers(base, [float(answer.content) for answer in given])
    if summary is Summary.OBJECTS:
        return _numbers(base, [float(question.answer_type.count(a.content)) for a in given])
    if summary is Summary.CATEGORIES:
        cases = _by_case(answers)
        return replace(
            base,
            counts=_counts(question, given),
            agreement=percent_agreement(cases),
            kappa=fleiss_kappa(cases),
        )
    return base


def _numbers(base: QuestionStatistics, numbers: list[float]) -> QuestionStatistics:
    return replace(
        base,
        mean=_measured(fmean, numbers),
        median=_measured(median, numbers),
        deviation=_measured(stdev, numbers) if len(numbers) > 1 else None,
    )


def _measured(measure: Callable[[list[float]], float], numbers: list[float]) -> float | None:
    """Return a measure of numbers; none of no numbers, or where old ones are too large for it."""
    if not numbers:
        return None
    try:
        found = measure(numbers)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def _by_case(answers: list[Answer]) -> list[list[Any]]:
    """Return what was answered about each case; several options at once are one answer."""
    cases: dict[UUID, list[Any]] = defaultdict(list)
    for answer in answers:
        value = answer.value
        cases[answer.display_set_id].append(tuple(value) if isinstance(value, list) else value)
    return list(cases.values())


def _counts(question: Question, answers: list[Answer]) -> list[tuple[str, int, int]]:
    """Return how many answers name each option; of several at once, each counts."""
    counted = Counter(
        key for answer in answers for key in question.answer_type.categories(answer.value)
    )
    options = question.rules.options
    named: list[tuple[Any, str]] = [(option.key, option.title) for option in options]
    total = len(answers) or 1
    return [
        (title, counted[key], round(100 * counted[key] / total))
        for key, title in named or [(True, "Yes"), (False, "No")]
    ]
