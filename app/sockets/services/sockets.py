"""Making sockets."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import NotFound, ValidationFailed
from app.people.models import Organization
from app.sockets.models import Socket
from app.sockets.policies import SOCKETS
from app.sockets.schemas import KINDS
from app.sockets.services.rules import (
    check_content,
    check_path,
    check_place,
    namespaced_slug,
    suggested_path,
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
    socket = Socket(slug=slug, title=title, kind=kind, relative_path=relative_path, **rest)
    check_content(socket)
    try:
        socket.full_clean()
    except ValidationError as error:
        raise ValidationFailed(fields=error.message_dict) from error
    socket.save()
    return socket


@transaction.atomic
def create_socket(
    *,
    actor: User | None,
    title: str,
    kind: str,
    relative_path: str,
    slug: str = "",
    organization: Organization | None = None,
    **rest: Any,
) -> Socket:
    """Make a new socket for everybody.

    People make it in their own name or in that of an organization: their slug begins with it, and
    a path that is left open follows from the slug. Staff and the operator's own files (no actor)
    name sockets freely. Raises `NotFound` for who is not verified.
    """
    if actor is not None and not SOCKETS.may_create(actor):
        raise NotFound(
            "Sockets are made by verified people.",
            advice="Ask to be verified on the page of your profile.",
        )
    if organization is not None and actor is not None:
        _require_membership(actor, organization)
    free = actor is None or SOCKETS.names_freely(actor)
    slug = slug or namespaced_slug(title, owner=organization or (None if free else actor))
    if not slug:
        raise ValidationFailed(fields={"title": ["Give a title with letters or digits."]})
    if actor is not None:
        _require_own_slug(slug, owner=organization or (None if free else actor))
        if kind in KINDS:
            relative_path = relative_path or suggested_path(slug, kind=kind)
            check_path(relative_path, kind=kind)
    if Socket.objects.filter(slug=slug).exists():
        field = "title" if organization or not free else "slug"
        raise ValidationFailed(fields={field: [f"There is a socket “{slug}” already."]})
    if relative_path and Socket.objects.filter(relative_path=relative_path).exists():
        raise ValidationFailed(fields={"relative_path": ["Another socket has this path."]})
    check_place(slug=slug, path=relative_path)
    socket = ensure_socket(
        slug=slug,
        title=title,
        kind=kind,
        relative_path=relative_path,
        creator=actor,
        organization=organization,
        **rest,
    )
    record("sockets.socket.created", obj=socket, actor=actor, data={"slug": slug})
    return socket


def require_places(sockets: Iterable[Socket], *, field: str) -> None:
    """Raise `ValidationFailed` for a socket that no container can read or write."""
    for socket in sockets:
        if not socket.relative_path:
            raise ValidationFailed(
                fields={field: [f"“{socket.title}” has no path, so a container cannot have it."]}
            )


def _require_membership(actor: User, organization: Organization) -> None:
    if not SOCKETS.names_freely(actor) and not (
        SOCKETS.organizations_of(actor).filter(pk=organization.pk).exists()
    ):
        raise ValidationFailed(fields={"organization": ["You are not in this organization."]})


def _require_own_slug(slug: str, *, owner: User | Organization | None) -> None:
    """Refuse a name in somebody else's name."""
    if owner is None:
        return
    beginning = namespaced_slug("x", owner=owner).removesuffix("x")
    if not slug.startswith(beginning):
        raise ValidationFailed(fields={"slug": [f"Your sockets' names begin with “{beginning}”."]})
