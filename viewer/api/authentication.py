"""How viewer servers without a database say who they are: each by a token of its own."""

import secrets
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from viewer.servers import ViewerServer, configured_servers

REFUSED = "Viewer servers only: the token is missing or none of VIEWER_SERVERS."


class ServerAuthentication(BaseAuthentication):
    """Lets in who knows the token of a configured server; nobody where none has one."""

    def authenticate(self, request: Request) -> tuple[Any, ViewerServer]:
        """Return the server, or raise a clean 401."""
        words = request.META.get("HTTP_AUTHORIZATION", "").split()
        if len(words) == 2 and words[0].lower() == "bearer":
            token = str(words[1]).encode()
            for server in configured_servers().values():
                if server.token and secrets.compare_digest(token, server.token.encode()):
                    return None, server
        raise AuthenticationFailed(REFUSED)

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a refusal is a 401 and not a 403."""
        return 'Bearer realm="viewer servers"'
