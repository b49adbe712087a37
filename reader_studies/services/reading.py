"""Reading a case in the panel: saving as one goes, being done, and the time that it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from app.accounts.models import User
from app.core.errors import Conflict
from reader_studies.answer_types import InvalidAnswer
from reader_studies.models import Answer, DisplaySet, Question, Reading
from reader_studies.selectors import answers_of, questions_of
from reader_studies.services.answers import (
    AnsweredElsewhere,
    Checked,
    GivenAnswer,
    check_given,
    require_turn,
    store,
)
from reader_studies.services.masks import finish_mask

GRACE = timedelta(seconds=30)
"""How much later than it happened time may be told, such as after a lost connection."""


@dataclass
class Saved:
    """What became of answers on their way in, by question.

    ``versions`` are of what is stored now, 0 where nothing is; ``conflicts`` hold what was stored
    in another window. Whoever is done goes on only without ``errors`` and ``conflicts``.
    """

    versions: dict[UUID, int] = field(default_factory=dict)
    errors: dict[UUID, str] = field(default_factory=dict)
    conflicts: dict[UUID, Answer] = field(default_factory=dict)
    message: str = ""

    @property
    def is_complete(self) -> bool:
        """Tell whether everything was taken."""
        return not (self.errors or self.conflicts or self.message)


def open_reading(*, reader: User, display_set: DisplaySet) -> Reading:
    """Note that a reader opened a display set."""
    reading, made = Reading.objects.get_or_create(reader=reader, display_set=display_set)
    if not made:
        Reading.objects.filter(pk=reading.pk).update(
            openings=F("openings") + 1, modified=timezone.now()
        )
    return reading


@transaction.atomic
def spend_time(*, reader: User, display_set: DisplaySet, spent: timedelta) -> Reading:
    """Add time that a browser says was spent on a display set: no more than went by since."""
    reading = Reading.objects.select_for_update().filter(
        reader=reader, display_set=display_set
    ).first() or Reading(reader=reader, display_set=display_set)
    now = timezone.now()
    since = reading.modified if reading.modified is not None else now
    reading.spent += max(timedelta(), min(spent, now - since + GRACE))
    reading.save()
    return reading


def save_as_one_goes(
    *, reader: User, display_set: DisplaySet, given: Mapping[UUID, GivenAnswer]
) -> Saved:
    """Store each given answer that can be; what cannot is told, and holds up no other."""
    require_turn(reader=reader, display_set=display_set)
    saved = Saved()
    for question in questions_of(display_set.study).filter(pk__in=list(given)):
        if question.answer_type.answerable:
            _save_one(saved, question, given[question.pk], reader, display_set)
    return saved


def save_reading(
    *, reader: User, display_set: DisplaySet, given: Mapping[UUID, GivenAnswer]
) -> Saved:
    """Store what is given because the reader said so: masks become images."""
    saved = save_as_one_goes(reader=reader, display_set=display_set, given=given)
    _finish_masks(saved, reader=reader, display_set=display_set)
    return saved


@transaction.atomic
def finish_reading(
    *, reader: User, display_set: DisplaySet, given: Mapping[UUID, GivenAnswer]
) -> Saved:
    """Store what is given and close the case, if nothing that it asks for is missing.

    Where something is missing, what could be stored is, and the case stays open.
    """
    saved = save_reading(reader=reader, display_set=display_set, given=given)
    stored = answers_of(display_set, reader=reader)
    for question in questions_of(display_set.study):
        known = question.pk in stored or question.pk in saved.errors
        if known or not question.answer_type.answerable:
            continue
        if question.required:
            saved.errors[question.pk] = "Please answer this question."
        elif question.confirm_empty:
            saved.errors[question.pk] = "Please answer, or confirm that there is nothing."
    if saved.is_complete:
        Reading.objects.get_or_create(reader=reader, display_set=display_set)
        Reading.objects.filter(reader=reader, display_set=display_set, finished_at=None).update(
            finished_at=timezone.now()
        )
    return saved


def _finish_masks(saved: Saved, *, reader: User, display_set: DisplaySet) -> None:
    answers = Answer.objects.select_related("question", "reader", "display_set").filter(
        reader=reader, display_set=display_set, image=None, value__has_key="mask"
    )
    for answer in answers:
        try:
            finish_mask(answer)
        except InvalidAnswer as error:
            saved.errors[answer.question_id] = str(error)


def _save_one(
    saved: Saved, question: Question, given: Any, reader: User, display_set: DisplaySet
) -> None:
    try:
        checked: Checked = check_given(question, given, reader=reader, display_set=display_set)
        with transaction.atomic():
            answer = store(reader=reader, display_set=display_set, checked=checked)
    except InvalidAnswer as error:
        saved.errors[question.pk] = str(error)
    except AnsweredElsewhere as error:
        saved.conflicts[question.pk] = error.answer
    except Conflict as error:
        saved.message = error.message
    else:
        saved.versions[question.pk] = 0 if answer is None else answer.version
