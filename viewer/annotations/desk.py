"""The desk a person sits at: one display set, what lies on it, and whose marks they may see.

It is the access door of annotations. It asks the source of the display set, as the viewer does, so
whoever may not look any more has no way to what they drew there either.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from app.core.errors import NotFound
from viewer.annotations.models import Annotation
from viewer.registry import DisplaySetView, get_source


@dataclass(frozen=True)
class Desk:
    """A display set that ``user`` may look at."""

    user: Any
    source: str
    object_id: UUID
    view: DisplaySetView

    @property
    def image_ids(self) -> frozenset[UUID]:
        """The images that can be drawn on."""
        return frozenset(layer.image_id for layer in self.view.layers)

    def annotations(self) -> QuerySet[Annotation]:
        """Return the annotations that the person may see, deleted ones too."""
        found = Annotation.objects.filter(source=self.source, object_id=self.object_id)
        if self.view.others == "none":
            found = found.filter(author=self.user)
        return found.select_related("author", "changed_by")

    def sees(self, annotation: Annotation) -> bool:
        """Tell whether an annotation lies here, for the person's eyes."""
        is_here = (annotation.source, annotation.object_id) == (self.source, self.object_id)
        return is_here and (self.view.others != "none" or annotation.author_id == self.user.pk)

    def may_change(self, annotation: Annotation) -> bool:
        """Tell whether the person may change an annotation that they see."""
        return annotation.author_id == self.user.pk or self.view.others == "edit"


def desk_for(user: Any, source: str, object_id: UUID) -> Desk:
    """Return the desk, or raise `NotFound` for a display set that the person may not look at."""
    if not user.is_authenticated:
        raise NotFound
    view = get_source(source).resolve(user=user, pk=object_id)
    return Desk(user=user, source=source, object_id=object_id, view=view)


def annotation_for(user: Any, pk: UUID) -> tuple[Annotation, Desk]:
    """Return an annotation with the desk it lies on, or raise `NotFound`."""
    found = Annotation.objects.select_related("author", "changed_by", "image").filter(pk=pk).first()
    if found is None:
        raise NotFound
    desk = desk_for(user, found.source, found.object_id)
    if not desk.sees(found):
        raise NotFound
    return found, desk
