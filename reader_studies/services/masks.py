"""Masks that answer a question: an image of labels on the grid of an image of the case."""

from collections.abc import Iterable
from math import isclose
from typing import Any

from app.accounts.models import User
from app.images.models import Image
from app.images.services import labels_of
from app.sockets.schemas import InvalidValue, check_segments
from reader_studies.answer_types import InvalidAnswer
from reader_studies.models import Answer, DisplaySet, Question

CLOSE = 1e-3
"""Millimetres, and parts of a direction, within which two grids are the same."""


def mask_image(*, reader: User, question: Question, display_set: DisplaySet, value: Any) -> Image:
    """Return the image that answers a mask question, or raise `InvalidAnswer`.

    It must be one that the reader may place elsewhere, be part of the case, or have been their
    answer before; lie on the grid of an image of the case; and hold the question's labels alone.
    """
    key = value.get("image")
    if key is None:
        raise InvalidAnswer("The mask is still being drawn; it is not an image yet.")
    image = _image_for(reader, display_set, key)
    if image is None:
        raise InvalidAnswer("There is no such image, or you may not use it.")
    others = [each.image for each in display_set.values.all() if each.image is not None]
    if not any(_same_grid(image, other) for other in others):
        raise InvalidAnswer("The mask does not lie on the grid of an image of this case.")
    _check_labels(question, image)
    return image


def _image_for(reader: User, display_set: DisplaySet, key: str) -> Image | None:
    usable = Image.objects.usable_by(reader).filter(pk=key).first()
    if usable is not None:
        return usable
    in_case = display_set.values.filter(image=key).exists()
    own = Answer.objects.filter(reader=reader, image=key).exists()
    return Image.objects.filter(pk=key).first() if in_case or own else None


def _same_grid(mask: Image, image: Image) -> bool:
    return (
        list(mask.size) == list(image.size)
        and _close(mask.spacing, image.spacing)
        and _close(mask.origin, image.origin)
        and _close(mask.direction, image.direction)
    )


def _close(first: Iterable[float], second: Iterable[float]) -> bool:
    return all(isclose(a, b, abs_tol=CLOSE) for a, b in zip(first, second, strict=True))


def _check_labels(question: Question, image: Image) -> None:
    labels = labels_of(image)
    if labels is None:
        raise InvalidAnswer("A mask has whole numbers, one for each label; this image has others.")
    try:
        check_segments(labels, question.segments)
    except InvalidValue as error:
        raise InvalidAnswer(str(error)) from error
