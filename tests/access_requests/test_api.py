"""Access requests over the API."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from app.accounts.models import User
from app.accounts.services import issue_token
from app.requests.services import ask_for_access
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive
from tests.factories.studies import make_study

pytestmark = pytest.mark.django_db
LIST = "/api/v1/access-requests/"


def as_(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def with_token(user: User, *areas: str, access: str = "WRITE") -> APIClient:
    plain = issue_token(user=user, name="t", access=access, areas=areas).plain
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    return client


def keys(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["pk"] for row in response.json()["results"]]


def test_ask_and_decide(user: User, stranger: User) -> None:
    archive = make_archive(editor=user, listed=True, title="Knees")
    given = {"kind": "archive", "target": str(archive.pk), "message": "Please"}
    response = as_(stranger).post(LIST, given, format="json")
    assert response.status_code == 201
    body = response.json()
    assert (body["state"], body["role"], body["title"]) == ("PENDING", "USER", "Knees")
    assert body["user"]["username"] == stranger.username
    accepted = as_(user).post(f"{body['api_url']}accept/", {"reason": "Hi"}, format="json").json()
    assert (accepted["state"], accepted["decided_by"]) == ("ACCEPTED", user.username)
    assert archive.memberships.get(user=stranger).role == "USER"
    again = as_(user).post(f"{body['api_url']}reject/", format="json")
    assert (again.status_code, again.json()["code"]) == (409, "already-decided")


def test_what_cannot_be_found_cannot_be_asked_for(stranger: User) -> None:
    secret = make_archive()
    client = as_(stranger)
    for kind, target, status in (
        ("archive", str(secret.pk), 404),
        ("reader-study", str(secret.pk), 404),
        ("nothing", str(secret.pk), 400),
        ("archive", "x", 400),
    ):
        given = {"kind": kind, "target": target}
        assert client.post(LIST, given, format="json").status_code == status
    assert not secret.access_requests.exists()


def test_boxes_and_filters(user: User, stranger: User) -> None:
    archive, study = make_archive(editor=user), make_study()
    mine = ask_for_access(user=user, target=study).request
    todo = ask_for_access(user=stranger, target=archive).request
    ask_for_access(user=stranger, target=make_study())
    client = as_(user)
    assert keys(client.get(LIST)) == [str(todo.pk), str(mine.pk)]
    for query, expected in (
        ("box=mine", [mine]),
        ("box=to-decide", [todo]),
        ("kind=archive", [todo]),
        ("kind=nothing", []),
        (f"target={archive.pk}", [todo]),
        ("target=x", []),
        ("state=ACCEPTED", []),
        ("state=PENDING&limit=1&offset=1", [mine]),
    ):
        assert keys(client.get(f"{LIST}?{query}")) == [str(one.pk) for one in expected], query


def test_withdrawing_is_the_asker_s(user: User, stranger: User) -> None:
    request = ask_for_access(user=stranger, target=make_archive(editor=user)).request
    address = f"{LIST}{request.pk}/withdraw/"
    assert as_(user).post(address).status_code == 404
    assert as_(UserFactory()).post(address).status_code == 404
    assert as_(stranger).post(address).json()["state"] == "WITHDRAWN"


def test_a_token_needs_the_area_of_the_object(user: User, stranger: User) -> None:
    request = ask_for_access(user=stranger, target=make_archive(editor=user)).request
    address = f"{LIST}{request.pk}/accept/"
    for areas, access, status in (
        (["account"], "WRITE", 403),
        (["archives"], "WRITE", 403),
        (["account", "reader-studies"], "WRITE", 403),
        (["account", "archives"], "READ", 403),
        (["account", "archives"], "WRITE", 200),
    ):
        client = with_token(user, *areas, access=access)
        assert client.post(address, {}, format="json").status_code == status, areas
    assert keys(with_token(user, "account", access="READ").get(LIST)) == [str(request.pk)]


def test_objects_tell_and_take_how_people_get_in(user: User) -> None:
    client = as_(user)
    given = {"title": "Knees", "listed": True, "access_mode": "VERIFIED"}
    made = client.post("/api/v1/archives/", given, format="json").json()
    assert (made["listed"], made["access_mode"]) == (True, "VERIFIED")
    changed = client.patch(made["api_url"], {"access_mode": "CLOSED"}, format="json").json()
    assert (changed["listed"], changed["access_mode"]) == (True, "CLOSED")
    wrong = client.patch(made["api_url"], {"access_mode": "OPEN"}, format="json")
    assert wrong.status_code == 400


def test_visitors_get_nothing(client: Client) -> None:
    assert client.get(LIST).status_code == 401
    assert client.get(reverse("requests:list")).status_code == 302
