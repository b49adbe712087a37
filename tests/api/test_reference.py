"""The reference for people: every operation has a page, findable, with an example that works."""

import json
import shlex
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import User
from app.api.published import published_reference
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db


def page(key: str, client: Client | None = None) -> str:
    answer = (client or Client()).get(reverse("api:operation", kwargs={"key": key}))
    assert answer.status_code == 200
    return answer.content.decode()


def test_anybody_finds_every_operation() -> None:
    shown = Client().get("/api/").content.decode()
    for operation in published_reference().operations.values():
        assert f'href="/api/reference/{operation.key}/"' in shown


@pytest.mark.parametrize("key", sorted(published_reference().operations))
def test_every_operation_has_a_page(key: str) -> None:
    shown = page(key)
    operation = published_reference().operations[key]
    for parameter in operation.parameters:
        assert f"<code>{parameter.name}</code>" in shown
    assert operation.replies
    assert operation.method in shown


def test_searching() -> None:
    found = Client().get("/api/", {"q": "leaderboard GET"}).content.decode()
    assert "phases_leaderboard_list" in found
    assert "archives_list" not in found
    nothing = Client().get("/api/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "Nothing matches" in nothing
    assert "<script>alert" not in nothing


def test_bodies_open_what_they_hold() -> None:
    operation = published_reference().operations["archives_items_partial_update"]
    fields = {field.name: field for field in operation.body}
    assert fields["values[].interface"].kind == "text"
    assert not fields["values"].required
    names = [field.name for field in operation.replies[0].fields]
    assert "values[].interface" in names


@pytest.mark.parametrize(
    ("key", "status"),
    [("archives_create", 201), ("reader_studies_create", 201), ("uploads_create", 201)],
)
def test_the_command_works_as_it_stands(api: Api, key: str, status: int) -> None:
    operation = published_reference().operations[key]
    words = shlex.split(operation.command("http://testserver").replace("\\\n", ""))
    assert words[:3] == ["curl", "-X", operation.method]
    body = json.loads(words[words.index("-d") + 1])
    assert api.call(operation.method, words[-1], body).status_code == status


class TestTrying:
    def test_it_leads_to_the_answer(self, signed_in: Client, user: User, api: Api) -> None:
        made = api.post("archives/", {"title": "Thorax"})
        address = reverse("api:try", kwargs={"key": "archives_retrieve"})
        answer = signed_in.get(address, {"id": made["pk"]}, follow=True)
        assert answer.json()["title"] == "Thorax"
        listed = reverse("api:try", kwargs={"key": "archives_list"})
        sent = signed_in.get(listed, {"slug": "thorax", "limit": "", "unknown": "x"})
        assert sent["Location"] == "/api/v1/archives/?slug=thorax"

    @pytest.mark.parametrize("key", ["//evil.example/", "../../x", "a?b#c", "", "\r\nX: y"])
    def test_it_leads_nowhere_else(self, signed_in: Client, key: str) -> None:
        address = reverse("api:try", kwargs={"key": "archives_retrieve"})
        target = signed_in.get(address, {"id": key})["Location"]
        assert target.startswith("/api/v1/archives/")
        assert target.count("/") == 5

    def test_only_what_reads(self, signed_in: Client) -> None:
        for key in ("archives_create", "algorithms_jobs_log_stream_retrieve", "nothing"):
            address = reverse("api:try", kwargs={"key": key})
            assert signed_in.get(address).status_code == 404

    def test_visitors_are_asked_to_sign_in(self, signed_in: Client) -> None:
        assert "Send as me" not in page("archives_list")
        assert "Send as me" in page("archives_list", signed_in)


def test_an_unknown_operation_is_a_page_not_found() -> None:
    answer: Any = Client().get("/api/reference/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
