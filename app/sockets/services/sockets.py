"""Making sockets."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import ValidationFailed
from app.sockets.models import Socket
from app.sockets.schemas import (
    KINDS,
    InvalidValue,
    UnusableSchema,
    check_schema,
    validate_value,
)

RESERVED_SLUGS = frozenset({"medical-image", "segmentation", "metrics-json-file"})
RESERVED_PATHS = frozenset(
    {
        "images/medical-image",
        "images/segmentation",
        "metrics.json",
        "inputs.json",
        "predictions.json",
    }
)


def ensure_socket(*, slug: str, title: str, kind: str, relative_path: str, **rest: Any) -> Socket:
    """Return the socket with this slug, made if it is not there; its kind never changes."""
    if kind not in KINDS:
        raise ValidationFailed(fields={"kind": [f"Unknown kind {kind!r}."]})
    existing = Socket.objects.filter(slug=slug).first()
    if existing is not None:
        if existing.kind != kind:
            raise ValidationFailed(
                f"The socket {slug} exists and is a {existing.socket_kind.label}.",
                advice="Choose another slug.",
            )
        return existing
    _check_schema(rest.get("schema"))
    socket = Socket(slug=slug, title=title, kind=kind, relative_path=relative_path, **rest)
    socket.full_clean()
    _check_default(socket)
    socket.save()
    return socket


@transaction.atomic
def create_socket(
    *, actor: User | None, title: str, kind: str, relative_path: str, slug: str = "", **rest: Any
) -> Socket:
    """Make a new socket for everybody; its slug follows from its title unless given."""
    slug = slug or slugify(title)[:100]
    if Socket.objects.filter(slug=slug).exists():
        raise ValidationFailed(fields={"slug": [f"There is a socket “{slug}” already."]})
    if relative_path and Socket.objects.filter(relative_path=relative_path).exists():
        raise ValidationFailed(fields={"relative_path": ["Another socket has this path."]})
    _check_place(slug=slug, relative_path=relative_path)
    socket = ensure_socket(slug=slug, title=title, kind=kind, relative_path=relative_path, **rest)
    record("sockets.socket.created", obj=socket, actor=actor, data={"slug": slug})
    return socket


def require_places(sockets: Iterable[Socket], *, field: str) -> None:
    """Raise `ValidationFailed` for a socket that no container can read or write."""
    for socket in sockets:
        if not socket.relative_path:
            raise ValidationFailed(
                fields={field: [f"“{socket.title}” has no path, so a container cannot have it."]}
            )


def _check_place(*, slug: str, relative_path: str) -> None:
    """Refuse names and paths that the portal needs, and paths inside of one another."""
    if slug in RESERVED_SLUGS:
        raise ValidationFailed(fields={"slug": ["This name is kept for the portal."]})
    if not relative_path:
        return
    taken = {*RESERVED_PATHS, *Socket.objects.values_list("relative_path", flat=True)} - {""}
    for path in taken:
        if f"{relative_path}/".startswith(f"{path}/") or f"{path}/".startswith(f"{relative_path}/"):
            raise ValidationFailed(fields={"relative_path": [f"It collides with {path}."]})


def _check_default(socket: Socket) -> None:
    if socket.default_value is None:
        return
    try:
        validate_value(socket.default_value, kind=socket.kind, schema=socket.schema)
    except InvalidValue as error:
        raise ValidationFailed(fields={"default_value": [str(error)]}) from error


def _check_schema(schema: Any) -> None:
    if not schema:
        return
    try:
        check_schema(schema)
    except UnusableSchema as error:
        raise ValidationFailed(fields={"schema": [str(error)]}) from error
