"""What holds for every address of the API: errors, headers, conditions, filters."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from app.accounts.authentication import CallerThrottle
from app.accounts.models import User
from app.api import views
from tests.api.conftest import Api
from tests.api.published import PUBLISHED, read_yaml

pytestmark = pytest.mark.django_db
SCHEMA = read_yaml(PUBLISHED.read_text())
LISTS = [
    path
    for path, item in SCHEMA["paths"].items()
    if "get" in item and "{" not in path and "/api/v1/" in path
]
NAMES = {"type", "title", "status", "detail", "code", "advice"}


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem detail that the answer must be."""
    assert response.status_code == status, response.content[:500]
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = json.loads(response.content)
    assert set(found) >= NAMES
    assert found["status"] == status
    assert found["type"] == f"urn:hounsfield:problem:{found['code']}"
    assert found["detail"]
    return found


def see_everything(api: Api) -> None:
    """Some lists are for administrators alone."""
    User.objects.filter(pk=api.user.pk).update(is_superuser=True)


class TestErrors:
    @pytest.mark.parametrize(
        "path",
        ["nothing/", "archives/nothing/", "archives/items/x/y/", "archives/%00/", "ä/", "../v2/"],
    )
    def test_unknown_addresses(self, api: Api, path: str) -> None:
        assert problem(api.call("GET", path), 404)["code"] == "not-found"

    def test_addresses_beside_the_version(self, client: Client) -> None:
        assert problem(client.get("/api/v2/archives/"), 404)["code"] == "not-found"

    def test_methods(self, api: Api) -> None:
        response = api.call("DELETE", "archives/")
        assert problem(response, 405)["code"] == "method-not-allowed"
        assert "GET" in response["Allow"]

    @pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "x"])
    def test_media_types_of_bodies(self, api: Api, kind: str) -> None:
        response = api.client.generic("POST", "/api/v1/archives/", b"title=x", content_type=kind)
        assert problem(response, 415)["code"] == "unsupported-media-type"

    def test_media_types_of_answers(self, api: Api) -> None:
        response = api.call("GET", "archives/", accept="application/xml")
        assert problem(response, 406)["code"] == "not-acceptable"

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"\xff\xfe",
            b'{"title": NaN}',
            b"[" * 100_000,
            b'{"a":' * 50_000,
            b"1" * 6000,
        ],
        ids=["cut", "bytes", "nan", "nested-lists", "nested-objects", "long-number"],
    )
    def test_bodies_that_are_no_json(self, api: Api, body: bytes) -> None:
        response = api.client.generic(
            "POST", "/api/v1/archives/", body, content_type="application/json"
        )
        assert problem(response, 400)["code"] in ("parse-error", "invalid")

    def test_bodies_that_are_too_large(self, api: Api, settings: Settings) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
        body = {"title": "x" * 2**20}
        assert problem(api.call("POST", "archives/", body), 413)["limit"] == 2**20
        api.post("archives/", {"title": "x" * 100})

    @pytest.mark.parametrize("body", [[], "text", 1, None, {"title": ["x"]}, {}])
    def test_bodies_of_another_shape(self, api: Api, body: Any) -> None:
        response = api.client.generic(
            "POST", "/api/v1/archives/", json.dumps(body), content_type="application/json"
        )
        assert problem(response, 400)["fields"]

    @pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer a b"])
    def test_visitors(self, client: Client, shown: str) -> None:
        response = client.get("/api/v1/archives/", headers={"authorization": shown})
        assert problem(response, 401)["code"] in ("not-authenticated", "authentication-failed")
        assert response["WWW-Authenticate"].startswith("Bearer")

    def test_a_session_without_its_csrf_token(self, user: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        response = client.post("/api/v1/archives/", {"title": "x"}, "application/json")
        assert problem(response, 403)["code"] == "permission-denied"

    def test_what_nobody_foresaw(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any) -> None:
            raise ZeroDivisionError("secret detail")

        monkeypatch.setattr(views.HandshakeView, "get", fail)
        response = Client(raise_request_exception=False).get("/api/v1/gcapi/")
        assert problem(response, 500)["code"] == "server-error"
        assert b"secret" not in response.content
        assert response["X-Request-ID"]


class TestCounting:
    def test_answers_say_what_is_left(self, api: Api) -> None:
        first, second = api.call("GET", "archives/"), api.call("GET", "archives/")
        assert first["RateLimit-Policy"] == '"caller";q=6000;w=60'
        left = [int(answer["RateLimit"].split(";")[1][2:]) for answer in (first, second)]
        assert left[0] - left[1] in (1, left[0] - 5999)  # another minute may have begun

    def test_too_many(self, api: Api, other: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(CallerThrottle, "THROTTLE_RATES", {"caller": "2/hour"})
        seen = [api.call("GET", "archives/") for _ in range(3)]
        assert [answer.status_code for answer in seen] == [200, 200, 429]
        refused = seen[-1]
        assert problem(refused, 429)["code"] == "throttled"
        assert 1 <= int(refused["Retry-After"]) <= 3600
        assert ";r=0;" in refused["RateLimit"]
        assert other.call("GET", "archives/").status_code == 200


class TestConditions:
    @pytest.mark.parametrize("path", LISTS)
    def test_unchanged_answers_are_not_sent_again(self, api: Api, path: str) -> None:
        see_everything(api)
        first = api.call("GET", path)
        assert first.status_code == 200
        assert "private" in first["Cache-Control"]
        assert "Authorization" in first["Vary"]
        second = api.call("GET", path, if_none_match=first["ETag"])
        assert (second.status_code, second.content) == (304, b"")
        assert api.call("GET", path, if_none_match='"other"').status_code == 200

    def test_changes_are_seen(self, api: Api) -> None:
        empty = api.call("GET", "archives/")["ETag"]
        api.post("archives/", {"title": "Thorax"})
        assert api.call("GET", "archives/", if_none_match=empty).status_code == 200


class TestLists:
    @pytest.mark.parametrize("path", LISTS)
    def test_every_parameter_takes_whatever_comes(self, api: Api, path: str) -> None:
        see_everything(api)
        declared = SCHEMA["paths"][path]["get"].get("parameters", [])
        names = [one["name"] for one in declared if one["name"] != "cursor"]  # it names a place
        for name in [*names, "unheard_of"]:
            for value in ("", "-", "x", "-1", "1e9", "9" * 30, "\x00", "ä", "'; --"):
                answer = api.client.get(path, {name: value})
                assert answer.status_code == 200, (name, value)

    @pytest.mark.parametrize("path", LISTS)
    def test_orders_are_the_documented_ones(self, api: Api, path: str) -> None:
        declared = {one["name"]: one for one in SCHEMA["paths"][path]["get"].get("parameters", [])}
        if "ordering" in declared:
            says = declared["ordering"]["description"]
            for name in [part.strip("`") for part in says.split() if part.startswith("``")]:
                plain = name.rstrip(",;").strip("`")
                assert api.client.get(path, {"ordering": f"-{plain}"}).status_code == 200

    def test_an_order_orders(self, api: Api) -> None:
        for title in ("B", "A", "C"):
            api.post("archives/", {"title": title})
        names = [one["title"] for one in api.get("archives/?ordering=-title")["results"]]
        assert names == ["C", "B", "A"]


class TestRepeating:
    """A client repeats what it did not see answered; some creates say so with the same answer."""

    def test_an_answer_given_again(self, api: Api) -> None:
        study = api.post("reader-studies/", {"title": "Study"})
        question = {"reader_study": study["pk"], "text": "Sure?", "answer_type": "Bool"}
        asked = api.post("reader-studies/questions/", question)
        case = api.post("reader-studies/display-sets/", {"reader_study": study["slug"]})
        body = {"question": asked["api_url"], "display_set": case["pk"], "answer": True}
        first = api.post("reader-studies/answers/", body)
        assert api.post("reader-studies/answers/", body)["pk"] == first["pk"]

    def test_an_upload_completed_again(self, api: Api) -> None:
        upload = api.post("uploads/", {"filename": "empty"})
        path = f"uploads/{upload['pk']}/{upload['s3_upload_id']}/complete-multipart-upload/"
        assert api.patch(path, {"parts": []}) == api.patch(path, {"parts": []})


def test_the_browsers_error_page_stays_a_page(client: Client) -> None:
    assert client.get("/no/such/page/")["Content-Type"].startswith("text/html")
    assert client.get(reverse("api:reference")).status_code == 200
