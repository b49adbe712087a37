"""Making socket values."""

from typing import Any

from app.core.errors import ValidationFailed
from app.images.models import Image
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import InvalidValue, SuperKind, validate_value


def image_value(*, socket: Socket, image: Image, pk: int | None = None) -> SocketValue:
    """Return the value that holds ``image`` in ``socket``; equal values are one row."""
    if not socket.is_image:
        raise ValidationFailed(f"{socket.title} does not take images.")
    defaults = {} if pk is None else {"pk": pk}
    value, _ = SocketValue.objects.get_or_create(socket=socket, image=image, defaults=defaults)
    return value


def json_value(*, socket: Socket, value: Any, pk: int | None = None) -> SocketValue:
    """Check a JSON value against its socket and store it."""
    try:
        validate_value(value, kind=socket.kind, schema=socket.schema)
    except InvalidValue as error:
        raise ValidationFailed(
            f"{socket.title}: {error.message}", fields={socket.slug: [str(error)]}
        ) from error
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
