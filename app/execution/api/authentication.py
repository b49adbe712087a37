"""How workers say who they are: by the token they share with the portal, or by that of a run."""

import secrets
from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

REFUSED = "Workers only: the token is missing or not the portal's WORKER_TOKEN."


class WorkerAuthentication(BaseAuthentication):
    """Lets in who knows ``WORKER_TOKEN``; nobody where the portal has none."""

    def authenticate(self, request: Request) -> tuple[Any, str]:
        """Return the token, or raise a clean 401."""
        token = _bearer(request)
        expected = settings.WORKER_TOKEN
        if not expected or not secrets.compare_digest(token.encode(), expected.encode()):
            raise AuthenticationFailed(REFUSED)
        return None, token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a refusal is a 401 and not a 403."""
        return 'Bearer realm="workers"'


class RunAuthentication(WorkerAuthentication):
    """Takes any bearer token along; the services say whether it speaks for a run."""

    def authenticate(self, request: Request) -> tuple[Any, str]:
        """Return the token, or raise a clean 401."""
        return None, _bearer(request)


def _bearer(request: Request) -> str:
    words = request.META.get("HTTP_AUTHORIZATION", "").split()
    if len(words) != 2 or words[0].lower() != "bearer":
        raise AuthenticationFailed(REFUSED)
    return str(words[1])
