"""Sensitive changes ask once more who is there."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from app.core.errors import PortalError


class SignInAgain(PortalError):
    """Somebody who has neither password nor second factor here wants to do something sensitive."""

    code = "sign-in-again"
    status = 403
    title = "Please sign in again"

    def __init__(self) -> None:
        super().__init__(
            "This asks for a fresh sign-in, and you sign in with an account elsewhere.",
            advice="Sign out, sign in again, and come back within ten minutes.",
        )


V = TypeVar("V", bound=Callable[..., HttpResponse])


def recent_sign_in_required(view: V) -> V:
    """Let a view through only within ten minutes of signing in; else ask for a factor again.

    Put it below ``login_required``; afterwards the person is brought back to the view.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not signed_in_recently(request):
            if not get_adapter().get_reauthentication_methods(request.user):
                raise SignInAgain
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return cast(V, guarded)


def signed_in_recently(request: HttpRequest) -> bool:
    """Tell whether the person proved who they are within `ACCOUNT_REAUTHENTICATION_TIMEOUT`."""
    records = get_authentication_records(request, request.user)
    newest = max((record["at"] for record in records), default=0.0)
    return bool(time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
