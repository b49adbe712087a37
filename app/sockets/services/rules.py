"""What a new socket may be called, where it may lie, and what it may hold."""

import re
from typing import Any

from django.utils.text import slugify

from app.accounts.models import User
from app.core.errors import ValidationFailed
from app.people.models import Organization
from app.sockets.models import Socket
from app.sockets.schemas import (
    InvalidValue,
    SuperKind,
    UnusableSchema,
    check_schema,
    clean_segments,
    get_kind,
    validate_value,
)

LONGEST_SLUG = 100
RESERVED_SLUGS = frozenset(
    {"medical-image", "segmentation", "metrics-json-file", "new", "values", "kinds"}
)
RESERVED_PATHS = frozenset(
    {
        "images/medical-image",
        "images/segmentation",
        "metrics.json",
        "inputs.json",
        "predictions.json",
    }
)
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_IMAGES = "images/"


def namespaced_slug(title: str, *, owner: User | Organization | None) -> str:
    """Return the slug of a new socket: its title, after whoever makes it; none without letters."""
    text = slugify(title)
    if owner is None or not text:
        return text[:LONGEST_SLUG]
    name = owner.slug if isinstance(owner, Organization) else owner.username
    return f"{slugify(name)[:40] or 'somebody'}-{text}"[:LONGEST_SLUG].strip("-")


def suggested_path(slug: str, *, kind: str) -> str:
    """Return a path that fits the kind: images in a folder, values and files by their ending."""
    found = get_kind(kind)
    if found.super_kind is SuperKind.IMAGE:
        return f"{_IMAGES}{slug}"
    return f"{slug}{_ending(kind)}"


def check_path(path: str, *, kind: str) -> None:
    """Raise `ValidationFailed` unless a person may give a socket of this kind this path."""
    found = get_kind(kind)
    if found.super_kind is SuperKind.IMAGE:
        if not path.startswith(_IMAGES) or path == _IMAGES:
            raise _refused("relative_path", "Images lie in a folder below “images/”.")
    elif path.lower().startswith(_IMAGES):
        raise _refused("relative_path", "Only images lie below “images/”.")
    elif not path.endswith(_ending(kind)) or path.rsplit("/", 1)[-1] == _ending(kind):
        raise _refused("relative_path", f"The path of a {found.label} ends in “{_ending(kind)}”.")
    if _UUID.search(path):
        raise _refused("relative_path", "A path has no UUID: those name single things.")


def check_place(*, slug: str, path: str) -> None:
    """Refuse names and paths that the portal needs, and paths inside of one another."""
    if slug in RESERVED_SLUGS:
        raise _refused("slug", "This name is kept for the portal.")
    if not path:
        return
    taken = {*RESERVED_PATHS, *Socket.objects.values_list("relative_path", flat=True)} - {""}
    mine = f"{path}/".lower()
    for other in taken:
        theirs = f"{other}/".lower()
        if mine.startswith(theirs) or theirs.startswith(mine):
            raise _refused("relative_path", f"It collides with {other}.")


def check_content(socket: Socket) -> None:
    """Check the own schema, the segments, and that example and default fit; complete segments."""
    if socket.schema:
        if socket.socket_kind.super_kind is not SuperKind.VALUE:
            raise _refused("schema", f"A {socket.socket_kind.label} has no JSON to be checked.")
        try:
            check_schema(socket.schema)
        except UnusableSchema as error:
            raise _refused("schema", str(error)) from error
    if socket.segments:
        if socket.kind != "SEG":
            raise _refused("segments", "Only segmentations have segments.")
        try:
            socket.segments = clean_segments(socket.segments)
        except InvalidValue as error:
            raise _refused("segments", str(error)) from error
    for name in ("default_value", "example_value"):
        _check_value(socket, name)


def _check_value(socket: Socket, name: str) -> None:
    value: Any = getattr(socket, name)
    if value is None:
        return
    try:
        validate_value(value, kind=socket.kind, schema=socket.schema)
    except InvalidValue as error:
        raise _refused(name, str(error)) from error


def _ending(kind: str) -> str:
    return get_kind(kind).extension or ".json"


def _refused(field: str, message: str) -> ValidationFailed:
    return ValidationFailed(fields={field: [message]})
