"""Where readers are: their order of cases, what they finished, what answers start with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from app.accounts.models import User
from reader_studies.answer_types import InvalidAnswer
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy, Reading
from reader_studies.ordering import rolls_over_from, shuffled
from reader_studies.selectors.answers import answers_of
from reader_studies.selectors.cases import questions_of


@dataclass(frozen=True)
class Progress:
    """How far a reader is: display sets with every required question answered."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """Progress in whole percent."""
        return round(100 * self.done / self.total) if self.total else 0

    @property
    def text(self) -> str:
        """Progress in words."""
        return f"{self.done} of {self.total} cases"


@dataclass(frozen=True)
class Start:
    """What an answer starts with, and where that is from: ``previous``, ``socket``, ``default``."""

    value: Any
    source: str


def ordered_sets(study: ReaderStudy, *, reader: User) -> list[UUID]:
    """Return the keys of a study's display sets in the order in which ``reader`` gets them."""
    keys = list(study.display_sets.values_list("pk", flat=True))
    return shuffled(keys, seed=f"{study.pk}:{reader.pk}") if study.shuffle else keys


def finished_sets(study: ReaderStudy, *, reader: User) -> set[UUID]:
    """Return the display sets for which ``reader`` has answered every required question."""
    required = study.questions.filter(required=True).count()
    if not required:
        rows = Answer.objects.filter(display_set__study=study, reader=reader)
        return set(rows.values_list("display_set_id", flat=True))
    counted = (
        Answer.objects.filter(display_set__study=study, reader=reader, question__required=True)
        .values("display_set_id")
        .annotate(answered=Count("id"))
    )
    return {row["display_set_id"] for row in counted if row["answered"] >= required}


def progress_of(study: ReaderStudy, *, reader: User) -> Progress:
    """Return how far ``reader`` is in ``study``."""
    return progress_in([study], reader=reader)[study.pk]


def progress_in(studies: Iterable[ReaderStudy], *, reader: User) -> dict[UUID, Progress]:
    """Return how far ``reader`` is in each study, by study id; as many queries as for one."""
    ids = [study.pk for study in studies]
    done, totals = _done(studies=ids, readers=[reader.pk]), _totals(ids)
    return {pk: Progress(done=done[pk, reader.pk], total=totals.get(pk, 0)) for pk in ids}


def progress_by_reader(study: ReaderStudy, *, readers: Iterable[User]) -> dict[int, Progress]:
    """Return how far each reader is in ``study``, by user id; as many queries as for one."""
    ids = [reader.pk for reader in readers]
    done, total = _done(studies=[study.pk], readers=ids), study.display_sets.count()
    return {pk: Progress(done=done[study.pk, pk], total=total) for pk in ids}


def _totals(studies: Sequence[UUID]) -> dict[UUID, int]:
    sets = DisplaySet.objects.filter(study__in=studies).order_by()
    return dict(sets.values_list("study").annotate(count=Count("pk")))


def _done(*, studies: Sequence[UUID], readers: Sequence[int]) -> Counter[tuple[UUID, int]]:
    """Count display sets with every required question answered, by study and reader."""
    questions = Question.objects.filter(study__in=studies, required=True).order_by()
    required = dict(questions.values_list("study").annotate(count=Count("pk")))
    rows = (
        Answer.objects.filter(display_set__study__in=studies, reader__in=readers)
        .order_by()
        .values_list("display_set__study", "reader", "display_set")
        .annotate(given=Count("pk", filter=Q(question__required=True)))
    )
    done: Counter[tuple[UUID, int]] = Counter()
    for study, reader, _, given in rows:
        done[study, reader] += given >= required.get(study, 0)
    return done


def next_display_set(
    study: ReaderStudy, *, reader: User, after: DisplaySet | None = None
) -> DisplaySet | None:
    """Return the reader's next unfinished display set, going round once after ``after``."""
    finished = finished_sets(study, reader=reader)
    ordered = ordered_sets(study, reader=reader)
    if after is not None and after.pk in ordered:
        start = ordered.index(after.pk) + 1
        ordered = ordered[start:] + ordered[: start - 1]
    found = next((pk for pk in ordered if pk not in finished), None)
    return None if found is None else study.display_sets.get(pk=found)


def current_set(study: ReaderStudy, *, reader: User) -> UUID | None:
    """Return where a reader is who goes from one case to the next: what is not yet closed.

    A case that is answered but was not left by *Save and next* is still the one.
    """
    finished = finished_sets(study, reader=reader)
    still_open = Reading.objects.filter(
        display_set__study=study, reader=reader, finished_at=None
    ).values_list("display_set", flat=True)
    closed = finished - set(still_open)
    return next((pk for pk in ordered_sets(study, reader=reader) if pk not in closed), None)


def starts_of(display_set: DisplaySet, *, reader: User) -> dict[UUID, Start]:
    """Return what each question about a display set starts with for ``reader``, if anything.

    Answers that roll over come before values of the case, these before options that are a default.
    """
    study = display_set.study
    before = _rolled_over(display_set, reader=reader)
    by_socket = {value.socket_id: value for value in display_set.values.all()}
    starts = {}
    for question in questions_of(study).select_related("socket"):
        found = before.get(question.pk)
        if found is not None:
            starts[question.pk] = Start(found.content, "previous")
            continue
        value = by_socket.get(question.socket_id) if question.socket_id else None
        content = None if value is None else _answer_from(question, value)
        if content is not None:
            starts[question.pk] = Start(content, "socket")
        elif (chosen := _default_of(question)) is not None:
            starts[question.pk] = Start(chosen, "default")
    return starts


def _rolled_over(display_set: DisplaySet, *, reader: User) -> dict[UUID, Answer]:
    study = display_set.study
    if not study.roll_over:
        return {}
    ordered = ordered_sets(study, reader=reader)
    source = rolls_over_from(ordered.index(display_set.pk), study.roll_over)
    if source is None:
        return {}
    return answers_of(study.display_sets.get(pk=ordered[source]), reader=reader)


def _answer_from(question: Question, value: Any) -> Any:
    """Return a socket's value as an answer, or ``None`` where the question does not take it."""
    answer_type, rules = question.answer_type, question.rules
    if value.image_id is not None:
        return {"image": str(value.image_id)}
    raw = value.value
    try:
        if rules.options and isinstance(raw, list):
            keys = [answer_type.from_cell(str(title), rules) for title in raw]
            return [key for found in keys for key in found or ()] or None
        if rules.options:
            return answer_type.from_cell(str(raw), rules)
        return answer_type.clean(raw, rules)
    except InvalidAnswer:
        return None


def _default_of(question: Question) -> Any:
    chosen = [option.key for option in question.rules.options if option.default]
    if not chosen:
        return None
    answer_type = question.answer_type
    return answer_type.clean(chosen if answer_type.several else chosen[0], question.rules)
