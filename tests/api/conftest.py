"""A client that shows a token, as programs do."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from app.accounts.models import Token, User
from app.accounts.services import issue_token

ROOT = "/api/v1/"


class Api:
    """Calls the API for one person."""

    def __init__(self, user: User) -> None:
        self.user = user
        token = issue_token(user=user, name="test", access=Token.Access.WRITE).plain
        self.client = Client(headers={"authorization": f"BEARER {token}"})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        address = path if path.startswith(("/", "http")) else f"{ROOT}{path}"
        address = address.removeprefix("http://testserver")
        sent: HttpResponse = self.client.generic(  # type: ignore[assignment]
            method,
            address,
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=headers,
        )
        return sent

    def get(self, path: str, status: int = 200) -> Any:
        return self._json(self.call("GET", path), status)

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        return self._json(self.call("POST", path, body), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        return self._json(self.call("PATCH", path, body), status)

    def put(self, path: str, body: Any, status: int = 200) -> Any:
        return self._json(self.call("PUT", path, body), status)

    @staticmethod
    def _json(response: HttpResponse, status: int) -> Any:
        assert response.status_code == status, response.content[:2000]
        wanted = "application/json" if status < 400 else "application/problem+json"
        assert response["Content-Type"] == wanted
        return json.loads(response.content)


@pytest.fixture
def api(user: User) -> Api:
    return Api(user)


@pytest.fixture
def other(stranger: User) -> Api:
    return Api(stranger)
