"""Reading sockets."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from app.core.errors import NotFound
from app.delivery.registry import ServedFile
from app.sockets.models import Socket, SocketValue
from app.sockets.policies import SOCKETS
from app.sockets.schemas import KINDS, SuperKind, published_schema
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


def listed_sockets(user: Any, *, kind: str = "", by: str = "") -> QuerySet[Socket]:
    """Return the sockets of a kind, all or those that ``user`` made."""
    found = SOCKETS.visible_to(user).select_related("creator", "organization")
    if kind in KINDS:
        found = found.filter(kind=kind)
    return found.filter(creator=user) if by == "me" else found


def get_socket_for(user: Any, slug: str) -> Socket:
    """Return the socket with this slug if ``user`` may look at it, else raise `NotFound`."""
    found = (
        SOCKETS.visible_to(user)
        .select_related("creator", "organization", "look_up_table")
        .filter(slug=slug)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def serialized_look_up_table(socket: Socket) -> dict[str, Any] | None:
    """Return a socket's look-up table as the API and containers know it, if it has one."""
    table = socket.look_up_table
    if table is None:
        return None
    left_out = {"id", "created", "modified"}
    names = [field.name for field in table._meta.fields if field.name not in left_out]
    return {"pk": table.pk, **{name: getattr(table, name) for name in names}}


def schema_of(socket: Socket) -> dict[str, Any]:
    """Return the JSON Schema of a socket's values: the kind's and its own together."""
    if socket.socket_kind.super_kind is not SuperKind.VALUE:
        raise NotFound(f"A {socket.socket_kind.label} has no JSON Schema.")
    return published_schema(
        socket.socket_kind,
        own=socket.schema,
        title=socket.title,
        description=socket.description,
        examples=[socket.example],
    )


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
