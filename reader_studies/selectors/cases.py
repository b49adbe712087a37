"""Reading display sets and questions, and the values and images in them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from app.core.errors import NotFound
from app.images.uses import SHOWN, Use
from reader_studies.models import DisplaySet, Question, ReaderStudy
from reader_studies.policies import READER_STUDIES


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
    return (
        found.select_related("socket", "look_up_table")
        .prefetch_related("options")
        .order_by("study", "order", "created")
    )


def value_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of socket values that ``user`` sees through reader studies."""
    found = DisplaySet.objects.filter(study__in=READER_STUDIES.visible_to(user))
    return found.exclude(values=None).order_by().values("values")


def image_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` sees in display sets of reader studies."""
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


def study_of_display_set(pk: UUID) -> UUID | None:
    """Return the study that a display set belongs to."""
    return DisplaySet.objects.filter(pk=pk).values_list("study", flat=True).first()
