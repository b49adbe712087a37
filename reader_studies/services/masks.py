"""Masks that answer a question: an image of labels on the grid of an image of the case.

While it is painted, a mask is an annotation, and the answer names that. When the reader saves, the
annotation as it stands becomes an image, and the answer holds both.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.images.models import Image
from app.images.services import labels_of
from app.sockets.schemas import InvalidValue, check_segments
from reader_studies.answer_types import InvalidAnswer
from reader_studies.models import Answer, DisplaySet, Question
from viewer.annotations.grids import same_grid
from viewer.annotations.models import Annotation
from viewer.annotations.services import publish_mask, voxel_counts
from viewer.annotations.values import MASK

SOURCES = ("display-set", "reference-standard")


def mask_image(*, reader: User, question: Question, display_set: DisplaySet, value: Any) -> Image:
    """Return the image that answers a mask question, or raise `InvalidAnswer`.

    It must be one that the reader may place elsewhere, be part of the case, or have been their
    answer before; lie on the grid of an image of the case; and hold the question's labels alone.
    """
    image = _image_for(reader, display_set, UUID(value["image"]))
    if image is None:
        raise InvalidAnswer("There is no such image, or you may not use it.")
    others = [each.image for each in display_set.values.all() if each.image is not None]
    if not any(same_grid(image, other) for other in others):
        raise InvalidAnswer("The mask does not lie on the grid of an image of this case.")
    _check_labels(question, image)
    return image


def drawn_mask(*, reader: User, display_set: DisplaySet, key: str) -> Annotation:
    """Return the reader's own mask on a display set, or raise `InvalidAnswer`."""
    found = (
        Annotation.objects.select_related("image")
        .filter(
            pk=key,
            author=reader,
            kind=MASK,
            source__in=SOURCES,
            object_id=display_set.pk,
            deleted=False,
        )
        .first()
    )
    if found is None:
        raise InvalidAnswer("There is no such mask of yours on this case.")
    return found


def is_as_painted(answer: Answer, key: str, *, reader: User, display_set: DisplaySet) -> bool:
    """Tell whether an answer holds the image of a mask as it stands now."""
    value = answer.value
    if answer.image_id is None or not isinstance(value, dict) or value.get("mask") != key:
        return False
    mask = drawn_mask(reader=reader, display_set=display_set, key=key)
    return bool(value.get("revision") == str(mask.revision))


@transaction.atomic
def finish_mask(answer: Answer) -> None:
    """Make the mask that an answer names an image, which then is the answer.

    An answer that names something else by now stays as it is. Raises `InvalidAnswer` when the mask
    holds other labels than the question's, and then makes no image.
    """
    stands = Answer.everything.select_for_update().filter(pk=answer.pk).first()
    value = answer.value
    if stands is None or stands.image_id is not None or stands.value != value:
        return
    if not isinstance(value, dict) or "mask" not in value:
        return
    mask = drawn_mask(reader=answer.reader, display_set=answer.display_set, key=value["mask"])
    _check_segments(answer.question, voxel_counts(mask))
    answer.image = publish_mask(mask)
    answer.value = {"mask": value["mask"], "revision": str(mask.revision)}
    answer.save(update_fields=["image", "value", "modified"])


def _image_for(reader: User, display_set: DisplaySet, key: UUID) -> Image | None:
    usable = Image.objects.usable_by(reader).filter(pk=key).first()
    if usable is not None:
        return usable
    in_case = display_set.values.filter(image=key).exists()
    own = Answer.objects.filter(reader=reader, image=key).exists()
    return Image.objects.filter(pk=key).first() if in_case or own else None


def _check_labels(question: Question, image: Image) -> None:
    labels = labels_of(image)
    if labels is None:
        raise InvalidAnswer("A mask has whole numbers, one for each label; this image has others.")
    _check_segments(question, labels)


def _check_segments(question: Question, labels: Iterable[int]) -> None:
    try:
        check_segments(labels, question.segments)
    except InvalidValue as error:
        raise InvalidAnswer(str(error)) from error
