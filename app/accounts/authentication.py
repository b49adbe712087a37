"""How programs say who they are: ``Authorization: Bearer TOKEN``, in any letter case."""

import logging
import math
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from app.accounts.models import Token, User
from app.accounts.services import recognize_token
from app.core.context import current, set_current
from app.core.errors import NotFound, PortalError

logger = logging.getLogger(__name__)
SCHEMES = {"bearer", "token"}
UNKNOWN = "This token is unknown, expired or revoked."


class TokenAuthentication(BaseAuthentication):
    """Recognizes an API token; what comes with another scheme is left to others."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[User, Token] | None:
        """Return the owner and the token, or raise a clean 401."""
        words = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not words or words[0].lower() not in SCHEMES:
            return None
        token = recognize_token(words[1]) if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed(UNKNOWN)
        set_current(replace(current(), actor=token.user))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, so that a refusal is a 401 and not a 403."""
        return 'Bearer realm="api"'


class TokenScope(BasePermission):
    """A token goes no further than its access and areas; a session goes everywhere.

    Views name their ``area``; one that names none is closed to tokens that are limited to areas.
    """

    message = "This token does not reach that far: it lacks the area or may only read."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask the token, if one came with the request."""
        if not isinstance(request.auth, Token):
            return True
        writing = request.method not in SAFE_METHODS
        return request.auth.permits(area=getattr(view, "area", ""), writing=writing)


class CallerThrottle(SimpleRateThrottle):
    """Counts requests per token, else per person, else per address, minute by minute.

    One atomic counter for each minute: it costs the same for the first request and the last.
    """

    scope = "caller"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; when the counters cannot be reached, nobody is kept out."""
        now = self.timer()
        self.ends = (now // self.duration + 1) * self.duration
        name = f"{self.get_cache_key(request, view)}-{int(self.ends)}"
        try:
            self.cache.add(name, 0, self.duration + 1)
            count = self.cache.incr(name)
        except (RedisError, ValueError):  # a counter may end between the two
            logger.exception("Requests cannot be counted.")
            return True
        request._request.rate_limit = {  # type: ignore[attr-defined]
            # In the fields of the IETF's draft "RateLimit header fields for HTTP".
            "RateLimit-Policy": f'"{self.scope}";q={self.num_requests};w={self.duration}',
            "RateLimit": f'"{self.scope}";r={max(0, self.num_requests - count)};t={self.wait()}',
        }
        return bool(count <= self.num_requests)

    def wait(self) -> int:
        """Return the whole seconds until the next minute begins."""
        return max(1, math.ceil(self.ends - self.timer()))

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Return the name of the counter."""
        if isinstance(request.auth, Token):
            ident = f"token-{request.auth.pk}"
        elif request.user and request.user.is_authenticated:
            ident = f"user-{request.user.pk}"
        else:
            ident = f"address-{self.get_ident(request)}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


class TokenRefused(PortalError):
    """A token that opens nothing."""

    code = "not-authenticated"
    status = 401
    title = "This token is not valid"

    def __init__(self) -> None:
        super().__init__(UNKNOWN, advice="Make a new token in your profile.")


def caller_of(request: HttpRequest, *, area: str) -> Any:
    """Return who opens a plain (not API) address: the token's owner, else the session's user.

    Raises `TokenRefused`, and `NotFound` for a token that does not reach ``area``.
    """
    try:
        found = TokenAuthentication().authenticate(request)
    except AuthenticationFailed:
        raise TokenRefused from None
    if found is None:
        return request.user
    user, token = found
    if not token.permits(area=area, writing=request.method not in SAFE_METHODS):
        raise NotFound
    return user
