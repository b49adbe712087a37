"""Reading reader studies."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound
from app.images.registry import Destination
from app.images.uses import SHOWN, Use
from reader_studies.models import Answer, DisplaySet, Question, ReaderStudy
from reader_studies.policies import READER_STUDIES


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


def studies_for(user: Any) -> QuerySet[ReaderStudy]:
    """Return the studies that ``user`` may view, with counts."""
    return READER_STUDIES.visible_to(user).annotate(
        case_count=Count("display_sets", distinct=True),
        question_count=Count("questions", distinct=True),
    )


def get_study_for(user: Any, pk: UUID | str, *, action: str = "view") -> ReaderStudy:
    """Return the study if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(READER_STUDIES, user=user, pk=pk, action=action)


def get_study_by_slug_for(user: Any, slug: str, *, action: str = "view") -> ReaderStudy:
    """Return the study of this slug if ``user`` may do ``action`` with it, else `NotFound`."""
    found = READER_STUDIES.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no reader study “{slug}”, or you have no access to it.")
    return get_study_for(user, found.pk, action=action)


def get_display_set_for(user: Any, pk: UUID | str, *, action: str = "view") -> DisplaySet:
    """Return the display set if ``user`` may do ``action`` with its study."""
    found = (
        DisplaySet.objects.filter(pk=pk, study__in=READER_STUDIES.visible_to(user))
        .select_related("study__hanging_protocol")
        .prefetch_related("values__socket")
        .first()
    )
    if found is None or not READER_STUDIES.allows(user, found.study, action):
        raise NotFound
    return found


def get_question_for(user: Any, pk: UUID | str, *, action: str = "view") -> Question:
    """Return the question if ``user`` may do ``action`` with its study."""
    found = (
        Question.objects.filter(pk=pk, study__in=READER_STUDIES.visible_to(user))
        .select_related("study")
        .first()
    )
    if found is None or not READER_STUDIES.allows(user, found.study, action):
        raise NotFound
    return found


def questions_of(study: ReaderStudy) -> QuerySet[Question]:
    """Return a study's questions in order, with their options."""
    return study.questions.prefetch_related("options")


def answers_of(display_set: DisplaySet, *, reader: User) -> dict[UUID, Answer]:
    """Return a reader's answers about one display set by question id."""
    answers = Answer.objects.filter(display_set=display_set, reader=reader)
    return {answer.question_id: answer for answer in answers}


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
    """Return the next unfinished display set in order, going round once after ``after``."""
    finished = finished_sets(study, reader=reader)
    ordered = list(study.display_sets.all())
    if after is not None and after in ordered:
        start = ordered.index(after) + 1
        ordered = ordered[start:] + ordered[: start - 1]
    return next((item for item in ordered if item.pk not in finished), None)


def display_sets_for(user: Any) -> QuerySet[DisplaySet]:
    """Return the display sets of all studies that ``user`` may view."""
    return (
        DisplaySet.objects.filter(study__in=READER_STUDIES.visible_to(user))
        .select_related("study__hanging_protocol")
        .prefetch_related("values__socket", "study__optional_hanging_protocols")
    )


def questions_for(user: Any) -> QuerySet[Question]:
    """Return the questions of all studies that ``user`` may view."""
    found = Question.objects.filter(study__in=READER_STUDIES.visible_to(user))
    return found.prefetch_related("options").order_by("study", "order", "created")


def answers_for(user: Any) -> QuerySet[Answer]:
    """Return the user's own answers, and all those of studies whose statistics they see."""
    if not user.is_authenticated:
        return Answer.objects.none()
    answers = Answer.objects.select_related("question", "display_set", "reader").order_by("created")
    if user.is_superuser:
        return answers
    edited = READER_STUDIES.held_by(user, "statistics")
    studies = READER_STUDIES.visible_to(user)
    return answers.filter(
        Q(reader=user, display_set__study__in=studies) | Q(display_set__study__in=edited)
    )


def get_answer_for(user: Any, pk: UUID | str, *, action: str = "view") -> Answer:
    """Return the answer if ``user`` may see it; only who gave it changes it."""
    found = answers_for(user).filter(pk=pk).select_related("display_set__study").first()
    if found is None or (action == "change" and found.reader_id != user.pk):
        raise NotFound
    if action == "change" and not READER_STUDIES.allows(user, found.display_set.study, "read"):
        raise NotFound
    return found


def value_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of socket values that ``user`` sees through reader studies."""
    found = DisplaySet.objects.filter(study__in=READER_STUDIES.visible_to(user))
    return found.exclude(values=None).order_by().values("values")


def image_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` sees through reader studies."""
    return _images_of(READER_STUDIES.visible_to(user))


def image_ids_used_by(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` may take from studies: those they edit."""
    return _images_of(READER_STUDIES.held_by(user, "change"))


def _images_of(studies: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    found = DisplaySet.objects.filter(study__in=studies, values__image__isnull=False)
    return found.order_by().values("values__image")


def uses_of_image(user: Any, image_id: UUID) -> list[Use]:
    """Return the cases with an image in the reader studies that ``user`` may view."""
    sets = DisplaySet.objects.filter(
        study__in=READER_STUDIES.visible_to(user), values__image=image_id
    )
    return [
        Use(
            kind="Reader study",
            title=item.title,
            url=reverse("reader_studies:detail", args=[item.study_id]),
            part_of=item.study.title,
            part_of_url=reverse("reader_studies:detail", args=[item.study_id]),
            area="Reader studies",
            area_url=reverse("reader_studies:list"),
        )
        for item in sets.select_related("study").distinct()[:SHOWN]
    ]


def managed_study(user: Any, pk: str) -> ReaderStudy:
    """Return the study if ``user`` manages its people, else raise `NotFound`."""
    return get_study_for(user, pk, action="manage")


def parts_of(study: ReaderStudy) -> list[QuerySet[Any]]:
    """Return what a study's history tells of besides itself; answers stay their readers'."""
    return [study.display_sets.all(), study.questions.all()]


def reviewed_study(user: Any, pk: UUID) -> Destination:
    """Name the study if ``user`` reviews its images, else raise `NotFound`."""
    study = get_study_for(user, pk, action="change")
    return Destination(title=study.title, url=f"/reader-studies/{study.pk}/")


def study_of_display_set(pk: UUID) -> UUID | None:
    """Return the study that a display set belongs to."""
    return DisplaySet.objects.filter(pk=pk).values_list("study", flat=True).first()
