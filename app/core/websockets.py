"""What every WebSocket of the portal asks before it accepts."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


def same_origin(scope: dict[str, Any]) -> bool:
    """Refuse other sites' pages, which bring the reader's cookie; programs send no Origin."""
    headers = dict(scope.get("headers", ()))
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    return urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


def still_signed_in(scope: dict[str, Any]) -> bool:
    """Tell whether the session that opened the socket, if one did, was not ended since."""
    session = scope.get("session")
    key = getattr(session, "session_key", None)
    return session is None or key is None or bool(session.exists(key))
