"""Making socket values."""

from pathlib import Path
from typing import Any

from app.core.errors import ValidationFailed
from app.images.models import Image
from app.images.services import labels_of
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import (
    InvalidValue,
    SuperKind,
    check_file_apart,
    check_segments,
    validate_value,
)

SEGMENTATION = "SEG"


def image_value(*, socket: Socket, image: Image, pk: int | None = None) -> SocketValue:
    """Return the value that holds ``image`` in ``socket``; equal values are one row.

    A segmentation must have no labels but those that its socket declares, if it declares any.
    """
    if not socket.is_image:
        raise ValidationFailed(f"{socket.title} does not take images.")
    if socket.kind == SEGMENTATION and socket.segments:
        known = SocketValue.objects.filter(socket=socket, image=image).first()
        if known is not None:
            return known
        _check_labels(socket, image)
    defaults = {} if pk is None else {"pk": pk}
    value, _ = SocketValue.objects.get_or_create(socket=socket, image=image, defaults=defaults)
    return value


def _check_labels(socket: Socket, image: Image) -> None:
    labels = labels_of(image)
    if labels is None:
        if "histogram" not in image.metadata:
            return  # a slide: its values were not counted
        labels_missing = InvalidValue(
            "A segmentation has whole numbers, one for each of its segments; this image has others."
        )
        raise _refused(socket, labels_missing)
    try:
        check_segments(labels, socket.segments)
    except InvalidValue as error:
        raise _refused(socket, error) from error


def _refused(socket: Socket, error: InvalidValue) -> ValidationFailed:
    return ValidationFailed(f"{socket.title}: {error.message}", fields={socket.slug: [str(error)]})


def json_value(*, socket: Socket, value: Any, pk: int | None = None) -> SocketValue:
    """Check a JSON value against its socket and store it."""
    try:
        validate_value(value, kind=socket.kind, schema=socket.schema)
    except InvalidValue as error:
        raise _refused(socket, error) from error
    return SocketValue.objects.create(pk=pk, socket=socket, value=value, has_value=True)


def file_value(
    *, socket: Socket, file_key: str, file_size: int, sha256: str = "", pk: int | None = None
) -> SocketValue:
    """Store a reference to a file that is already in storage."""
    if socket.super_kind is not SuperKind.FILE:
        raise ValidationFailed(f"{socket.title} does not take files.")
    return SocketValue.objects.create(
        pk=pk, socket=socket, file_key=file_key, file_size=file_size, sha256=sha256
    )


def check_stored_file(path: Path, *, socket: Socket) -> None:
    """Raise `ValidationFailed` unless a local copy of a file holds what its socket takes."""
    try:
        check_file_apart(path, kind=socket.kind, schema=socket.schema)
    except InvalidValue as error:
        raise _refused(socket, error) from error
