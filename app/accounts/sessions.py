"""Who is signed in, and where, noted once a minute rather than at every request."""

import time
from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from app.accounts.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]
EVERY = 60.0  # seconds
_KEY = "noted_at"


class PersonMiddleware(AuthenticationMiddleware):
    """Give each request its user, read with the session where that is possible."""

    def process_request(self, request: HttpRequest) -> None:
        """As Django's own, but for a query."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user_of(request))  # type: ignore[assignment]


def signed_in_person(session: Any) -> User | None:
    """Return the person who was read with a session, if that is who signed in with it.

    Nothing is said where anything is unusual, such as a password that was changed since: to end
    a session, or to know it by an older secret key, is Django's.
    """
    signed_in = session.get(auth.SESSION_KEY)  # reads the session, and so the person
    person: User | None = getattr(session, "person", None)
    if person is None or str(person.pk) != signed_in or not person.is_active:
        return None
    if session.get(auth.BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    given = session.get(auth.HASH_SESSION_KEY) or ""
    return person if constant_time_compare(given, person.get_session_auth_hash()) else None


def _user_of(request: Any) -> Any:
    if not hasattr(request, "_cached_user"):
        request._cached_user = signed_in_person(request.session) or auth.get_user(request)
    return request._cached_user


class SessionActivityMiddleware:
    """Note when and from where a session was last used."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note the session, if it was not just noted."""
        if request.user.is_authenticated:
            now = time.time()
            if now - request.session.get(_KEY, 0.0) > EVERY:
                request.session[_KEY] = now
                UserSession.objects.create_from_request(request)
        return self.get_response(request)
