"""How the API answers errors: one problem-detail shape (RFC 9457) for all."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from app.core.errors import NotFound, PortalError, ValidationFailed

PROBLEM = "application/problem+json"


class Refused(PortalError):
    """What the framework refuses before any of our code is asked."""

    def __init__(self, error: exceptions.APIException) -> None:
        detail = error.detail
        super().__init__(str(detail) if isinstance(detail, str) else str(error.default_detail))
        self.status = error.status_code  # type: ignore[misc]
        self.code = str(error.default_code).replace("_", "-")  # type: ignore[misc]
        self.title = str(error.default_detail).rstrip(".")  # type: ignore[misc]


class BodyTooLarge(PortalError):
    """A body that is longer than this site reads."""

    code = "body-too-large"
    status = 413
    title = "The body is too large"

    def __init__(self) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        super().__init__(
            f"A body may have {limit / 2**20:.0f} MiB.",
            advice="Send files as uploads, and many values in several requests.",
            limit=limit,
        )


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer errors as problem details; leave the unforeseen to the server."""
    problem = problem_of(error)
    if problem is None:
        return None
    set_rollback()
    body = problem.as_problem()
    answer = Response(body, status=problem.status, content_type=PROBLEM)
    for name, value in _headers(error).items():
        answer[name] = value
    return answer


def problem_of(error: Exception) -> PortalError | None:
    """Return an error as one of ours, or nothing for the unforeseen."""
    if isinstance(error, PortalError):
        return error
    for kind, answer in _ANSWERS:
        if isinstance(error, kind):
            return answer(error)
    return None


def _headers(error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.APIException):
        if auth_header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = auth_header
        if wait := getattr(error, "wait", None):
            headers["Retry-After"] = str(int(wait) + 1)
    return headers


def _messages(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Return messages by the path of the field they are about, such as ``values[0].interface``."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            found |= _messages(inner, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        found = {}
        for number, inner in enumerate(detail):
            found |= _messages(inner, f"{path}[{number}]") if inner else {}
        return found
    messages = detail if isinstance(detail, list) else [detail]
    return {path or "non_field_errors": [str(message) for message in messages]}


def _model_messages(error: ModelError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {
            "non_field_errors" if name == "__all__" else name: list(messages)
            for name, messages in error.message_dict.items()
        }
    return {"non_field_errors": list(error.messages)}


_ANSWERS: tuple[tuple[type[Exception], Callable[[Any], PortalError]], ...] = (
    (Http404, lambda _: NotFound()),
    (PermissionDenied, lambda _: NotFound()),
    (RequestDataTooBig, lambda _: BodyTooLarge()),
    (ModelError, lambda error: ValidationFailed(fields=_model_messages(error))),
    (exceptions.ValidationError, lambda error: ValidationFailed(fields=_messages(error.detail))),
    (exceptions.APIException, Refused),
)
