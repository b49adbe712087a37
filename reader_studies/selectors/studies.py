"""Reading studies, and what others ask of them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from app.core.access import fetch
from app.core.errors import NotFound
from app.images.registry import Destination
from reader_studies.models import ReaderStudy
from reader_studies.policies import READER_STUDIES


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
