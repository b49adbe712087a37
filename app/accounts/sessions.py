"""Where a person is signed in, noted once a minute rather than at every request."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]
EVERY = 60.0  # seconds
_KEY = "noted_at"


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
