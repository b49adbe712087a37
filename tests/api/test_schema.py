"""The published description of the API is the API."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tests.api.published import PUBLISHED, read_yaml


@pytest.fixture(scope="module")
def schema() -> Any:
    out, errors = StringIO(), StringIO()
    call_command("spectacular", "--validate", stdout=out, stderr=errors)
    return read_yaml(out.getvalue())


def test_the_published_file_is_up_to_date(schema: Any) -> None:
    assert read_yaml(PUBLISHED.read_text()) == schema, (
        "The API changed. If that was meant: manage.py spectacular --file docs/openapi.yaml"
    )


def test_every_operation_says_what_it_does(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method in ("get", "post", "put", "patch", "delete"):
                assert operation.get("description"), f"{method} {path}"


@pytest.mark.django_db
def test_anybody_may_read_it() -> None:
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    assert b"/api/v1/archives/items/" in response.content


@pytest.mark.django_db
def test_it_is_made_once_however_often_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_json = {"HTTP_ACCEPT": "application/vnd.oai.openapi+json"}
    first = Client().get("/api/schema/", **as_json)
    Client().get("/api/schema/")
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *_, **__: pytest.fail("made again"))
    again = Client().get("/api/schema/", **as_json)
    assert again.json() == first.json() == read_yaml(Client().get("/api/schema/").content)
    assert "json" in again["Content-Type"]


@pytest.mark.django_db
def test_the_handshake_needs_no_account() -> None:
    answer = Client().get("/api/v1/gcapi/")
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()) == {"latest_version", "lowest_supported_version"}
