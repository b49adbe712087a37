"""Making sockets."""

from typing import Any

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
