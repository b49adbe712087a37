"""Making sockets."""

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import ValidationFailed
from app.sockets.models import Socket
from app.sockets.schemas import KINDS


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
    socket.full_clean()
    socket.save()
    return socket


@transaction.atomic
def create_socket(
    *, actor: User, title: str, kind: str, relative_path: str, slug: str = "", **rest: Any
) -> Socket:
    """Make a new socket for everybody; its slug follows from its title unless given."""
    slug = slug or slugify(title)[:100]
    if Socket.objects.filter(slug=slug).exists():
        raise ValidationFailed(fields={"slug": [f"There is a socket “{slug}” already."]})
    if Socket.objects.filter(relative_path=relative_path).exists():
        raise ValidationFailed(fields={"relative_path": ["Another socket has this path."]})
    socket = ensure_socket(slug=slug, title=title, kind=kind, relative_path=relative_path, **rest)
    record("sockets.socket.created", obj=socket, actor=actor, data={"slug": slug})
    return socket
