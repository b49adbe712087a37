"""Staff look after everybody's data, so a password is not enough for them."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from app.core.errors import PortalError
from app.core.middleware import wants_json

GetResponse = Callable[[HttpRequest], HttpResponse]
OPEN = ("/account/", "/sign-out/", "/static/", "/healthz", "/readyz", "/password/")


class SecondFactorNeeded(PortalError):
    """Staff without a second factor asked for something."""

    code = "second-factor-needed"
    status = 403
    title = "Set up a second factor first"

    def __init__(self) -> None:
        super().__init__(
            "Staff accounts need a second factor before they can do anything.",
            advice="Sign in on the site: it leads you through.",
        )


class SecondFactorMiddleware:
    """Lead staff who have no second factor to where they set one up, and nowhere else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through, or lead to the security page."""
        if request.path.startswith(OPEN) or not needs_second_factor(request.user):
            return self.get_response(request)
        if factors_of(request.user).exists():
            return self.get_response(request)
        if wants_json(request):
            problem = SecondFactorNeeded()
            return JsonResponse(
                problem.as_problem(), status=problem.status, content_type="application/problem+json"
            )
        messages.warning(request, "Staff accounts need a second factor. Please set one up now.")
        return redirect("accounts:security")


def needs_second_factor(user: Any) -> bool:
    """Tell whether a person must have a second factor; nobody must in the demo."""
    staff = user.is_authenticated and (user.is_staff or user.is_superuser)
    return bool(staff and not settings.DEMO)


def factors_of(user: Any) -> QuerySet[Authenticator]:
    """Return the second factors of a person, without recovery codes, which are no factor alone."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user, type__in=kinds)
    return found
