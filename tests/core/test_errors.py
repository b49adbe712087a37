"""Errors as pages, as problem details, and with the request's id."""

import json
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from app.accounts.models import User
from app.core.context import current
from app.core.errors import (
    Conflict,
    LimitReached,
    NotFound,
    PortalError,
    ServiceUnavailable,
    TransitionNotAllowed,
    ValidationFailed,
)
from app.core.ids import new_id
from app.core.middleware import PortalErrorMiddleware, RequestContextMiddleware, wants_json
from tests.factories.archives import make_archive

ERRORS = [
    (NotFound(), 404),
    (ValidationFailed("No.", fields={"a": ["b"]}), 400),
    (Conflict("No.", advice="Wait."), 409),
    (TransitionNotAllowed(model="job", before="A", after="B"), 409),
    (LimitReached("No.", next_at="tomorrow"), 429),
    (ServiceUnavailable("No."), 503),
]


def handle(
    error: Exception, *, accept: str = "text/html", path: str = "/x/"
) -> HttpResponse | None:
    request = RequestFactory().get(path, headers={"accept": accept})
    middleware = PortalErrorMiddleware(lambda _: HttpResponse())
    return middleware.process_exception(request, error)


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_page(error: PortalError, status: int) -> None:
    response = handle(error)
    assert response is not None
    assert response.status_code == status
    text = response.content.decode()
    assert "<h1" in text
    assert "{{" not in text
    if status != 404:
        assert error.message in text


@pytest.mark.parametrize(("error", "status"), ERRORS)
def test_problem_detail(error: PortalError, status: int) -> None:
    response = handle(error, accept="application/json")
    assert response is not None
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert problem["status"] == status
    assert problem["code"] == error.code
    assert problem["detail"] == error.message
    assert set(error.data) <= set(problem)


def test_messages_are_escaped() -> None:
    response = handle(Conflict("<script>alert(1)</script>"))
    assert response is not None
    assert b"<script>alert" not in response.content


def test_other_exceptions_are_left_to_django() -> None:
    assert handle(RuntimeError("bug")) is None


@pytest.mark.parametrize(
    ("accept", "path", "expected"),
    [
        ("text/html", "/x/", False),
        ("application/json", "/x/", True),
        ("application/problem+json", "/x/", True),
        ("text/html,application/json", "/x/", False),
        ("*/*", "/x/", False),
        ("", "/x/", False),
        ("text/html", "/api/v1/uploads/", True),
    ],
)
def test_who_wants_json(accept: str, path: str, expected: bool) -> None:
    assert wants_json(RequestFactory().get(path, headers={"accept": accept})) is expected


def test_forbidden_and_missing_are_the_same_page(
    client: Client, user: User, stranger: User
) -> None:
    archive = make_archive(editor=user)
    client.force_login(stranger)
    pages = []
    for pk in (archive.pk, new_id()):
        response = client.get(reverse("archives:detail", args=[pk]))
        assert response.status_code == 404
        pages.append(response.content.replace(str(pk).encode(), b""))
    assert len(pages[0]) == len(pages[1])


def test_unknown_address(client: Client, db: None) -> None:
    assert client.get("/no/such/page/").status_code == 404
    response = client.get("/no/such/page/", headers={"accept": "application/json"})
    assert response.json()["code"] == "not-found"


def test_form_without_its_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.post(reverse("archives:create"), {"title": "X"})
    assert response.status_code == 403
    assert not user.__class__.objects.filter(username="X").exists()


def test_request_id_is_in_every_answer(client: Client, db: None) -> None:
    first, second = client.get("/healthz"), client.get("/no/such/page/")
    assert len(first["X-Request-ID"]) == 36
    assert first["X-Request-ID"] != second["X-Request-ID"]


@pytest.mark.parametrize("fails", [False, True])
def test_the_context_ends_with_the_request(fails: bool) -> None:
    seen = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(current().address)
        if fails:
            raise RuntimeError("bug")
        return HttpResponse()

    middleware: Callable[[HttpRequest], HttpResponse] = RequestContextMiddleware(answer)
    try:
        middleware(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7"))
    except RuntimeError:
        assert fails
    assert seen == ["192.0.2.7"]
    assert current().address == ""
