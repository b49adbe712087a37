"""Who opens a WebSocket: the person of the session, or the owner of a token."""

from typing import Any

from app.accounts.authentication import SCHEMES
from app.accounts.services import recognize_token


def person_of(scope: dict[str, Any], *, area: str) -> Any:
    """Return who may look at ``area`` through this socket, or ``None``."""
    words = dict(scope.get("headers", ())).get(b"authorization", b"").decode("latin-1").split()
    if words and words[0].lower() in SCHEMES:
        token = recognize_token(words[1]) if len(words) == 2 else None
        return token.user if token is not None and token.permits(area=area, writing=False) else None
    user = scope.get("user")
    return user if user is not None and user.is_authenticated else None
