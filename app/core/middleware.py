"""Request id, audit context, and the one place where errors become answers."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from app.core.context import RequestContext, set_current
from app.core.errors import PortalError
from app.core.ids import new_id

GetResponse = Callable[[HttpRequest], HttpResponse]


class ClientAddressMiddleware:
    """Let ``REMOTE_ADDR`` be the client's address when reverse proxies of ours stand in front.

    Each of the `TRUSTED_PROXIES` adds the address it was asked from to the end of
    ``X-Forwarded-For``; what stands before those was written by the client and says nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Put the client's address in place; forget what a client may have written itself."""
        given = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        proxies: int = settings.TRUSTED_PROXIES
        hops = [hop.strip() for hop in given.split(",")]
        if proxies and len(hops) >= proxies and _is_address(hops[-proxies]):
            request.META["REMOTE_ADDR"] = hops[-proxies]
        return self.get_response(request)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class RequestContextMiddleware:
    """Give each request an id, shown in its answer, its log lines and its audit events.

    Whoever counts the request leaves what is left to its caller in ``request.rate_limit``.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the context for the request and name it in the answer."""
        request_id = str(new_id())
        address = request.META.get("REMOTE_ADDR", "") or ""
        set_current(RequestContext(request_id, address, getattr(request, "user", None)))
        try:
            response = self.get_response(request)
        finally:
            set_current(RequestContext())  # what this thread does next is somebody else's
        response["X-Request-ID"] = request_id
        for name, value in getattr(request, "rate_limit", {}).items():
            response[name] = value
        return response


class PortalErrorMiddleware:
    """Turn a `PortalError` into a page, an htmx fragment or a problem detail."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; errors come back through `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a portal error; leave every other exception to Django."""
        if not isinstance(error, PortalError):
            return None
        if wants_json(request):
            return JsonResponse(
                error.as_problem(), status=error.status, content_type="application/problem+json"
            )
        template = "404.html" if error.status == 404 else "design/problem.html"
        return render(request, template, {"error": error}, status=error.status)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether the client asked for data rather than a page."""
    if request.path.startswith("/api/") and not request.path.startswith("/api/reference/"):
        return True
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "text/html" not in accepted
