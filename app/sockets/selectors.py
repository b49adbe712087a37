"""Reading sockets."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from app.core.errors import NotFound
from app.delivery.registry import ServedFile
from app.sockets.models import Socket, SocketValue
from app.sockets.services.sockets import ensure_socket
from app.sockets.visibility import values_visible_to


def medical_image_socket() -> Socket:
    """Return the socket of images that came without a meaning of their own."""
    return ensure_socket(
        slug="medical-image",
        title="Medical image",
        kind="IMG",
        relative_path="images/medical-image",
    )


def segmentation_socket() -> Socket:
    """Return the general segmentation socket, which takes every label."""
    return ensure_socket(
        slug="segmentation",
        title="Segmentation",
        kind="SEG",
        relative_path="images/segmentation",
    )


def metrics_socket() -> Socket:
    """Return the socket of an evaluation's metrics."""
    return ensure_socket(
        slug="metrics-json-file", title="Metrics", kind="JSON", relative_path="metrics.json"
    )


def sockets() -> QuerySet[Socket]:
    """Return all sockets: they are a vocabulary that everybody shares."""
    return Socket.objects.all()


def get_socket(slug: str) -> Socket:
    """Return the socket with this slug, else raise `NotFound`."""
    found = Socket.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no socket “{slug}”.", advice="Look at the list of sockets.")
    return found


def get_value_for(user: Any, pk: int) -> SocketValue:
    """Return a JSON value that ``user`` sees, else raise `NotFound`."""
    found = (
        values_visible_to(user).filter(pk=pk, has_value=True).select_related("socket").first()
        if pk < 2**63
        else None
    )
    if found is None:
        raise NotFound
    return found


def served_value_file(user: Any, pk: UUID) -> ServedFile:
    """Return the file of a value if ``user`` sees the value, else raise `NotFound`.

    A value's key is a number and its file's a UUID: ``values/<pk>.<ending>``.
    """
    value = (
        values_visible_to(user)
        .filter(file_key__startswith=f"values/{pk}.")
        .select_related("socket")
        .first()
    )
    if value is None:
        raise NotFound
    return ServedFile(
        key=value.file_key,
        filename=value.socket.filename,
        content_type="application/octet-stream",
        size=value.file_size,
        audit_name="sockets.file.downloaded",
        audit_object=value,
    )
