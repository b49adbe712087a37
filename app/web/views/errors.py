"""Error pages; missing and forbidden look the same."""

from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from app.core.errors import NotFound, PortalError
from app.core.middleware import wants_json


class Broken(PortalError):
    """Something failed here that nobody foresaw."""

    code = "server-error"
    status = 500
    title = "Something went wrong here"

    def __init__(self) -> None:
        super().__init__(advice="Try again; if it stays so, tell an administrator the request id.")


class BadRequest(PortalError):
    """The browser sent something that cannot be read."""

    code = "bad-request"
    title = "That request could not be read"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return _answer(request, BadRequest(), "400.html")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer as for a missing page."""
    return not_found(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    return _answer(request, NotFound(), "404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500."""
    if wants_json(request):
        return _answer(request, Broken(), "500.html")
    return render(request, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was open for too long."""
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def _answer(request: HttpRequest, error: PortalError, template: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(
            error.as_problem(), status=error.status, content_type="application/problem+json"
        )
    return _page(request, template, error)


def _page(request: HttpRequest, template: str, error: PortalError) -> HttpResponse:
    """Render a page that may ask the database, leaving no connection behind.

    Under ASGI Django calls error handlers in a thread whose connections no request ever closes.
    """
    _close_connections()
    try:
        return render(request, template, {"error": error}, status=error.status)
    finally:
        _close_connections()


def _close_connections() -> None:
    if not connection.in_atomic_block:
        close_old_connections()
