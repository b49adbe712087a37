"""Storage of its own for each test, two people, and what clients do."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from app.accounts.models import User
from app.core.storage import ObjectStore, get_store
from tests.uploads.browser import browser, obstacle, open_page, server

__all__ = ["browser", "obstacle", "open_page", "server"]


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """A media folder and keys that no other test shares."""
    settings.HOUNSFIELD_HOME = tmp_path
    settings.STORAGE_URL = (tmp_path / "media").as_uri()
    settings.SITE_URL = "http://testserver"
    settings.DELIVERY_DOMAIN = ""
    settings.DELIVERY_KEY_ID = ""
    settings.DELIVERY_PRIVATE_KEY_FILE = None
    settings.DELIVERY_ACCEL_PREFIX = ""
    return tmp_path / "media"


@pytest.fixture
def store(media: Path) -> ObjectStore:
    return get_store()


def make_user(name: str) -> User:
    return User.objects.create_user(username=name, email=f"{name}@example.org", password="x")


@pytest.fixture
def owner(db: None) -> User:
    return make_user("owner")


@pytest.fixture
def stranger(db: None) -> User:
    return make_user("stranger")


class ApiClient:
    """Speaks the upload API as a signed-in user; sends parts by their signed addresses."""

    def __init__(self, user: User) -> None:
        self.django = Client()
        self.django.force_login(user)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.django.generic(
            method,
            f"/api/v1/uploads/{path}",
            data=b"" if body is None else _json(body),
            content_type="application/json",
        )

    def start(self, **body: Any) -> Any:
        answer = self.call("POST", "", body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def sign(self, upload: Any, *numbers: int) -> dict[str, str]:
        answer = self.call(
            "PATCH", f"{_path(upload)}/generate-presigned-urls/", {"part_numbers": list(numbers)}
        )
        assert answer.status_code == 200, answer.content
        return answer.json()["presigned_urls"]  # type: ignore[no-any-return]

    def put(self, address: str, data: bytes) -> Any:
        return Client().generic("PUT", address.removeprefix("http://testserver"), data=data)

    def send(self, upload: Any, number: int, data: bytes) -> dict[str, Any]:
        answer = self.put(self.sign(upload, number)[str(number)], data)
        assert answer.status_code == 200, answer.content
        return {"ETag": answer["ETag"], "PartNumber": number}

    def complete(self, upload: Any, *parts: dict[str, Any]) -> Any:
        return self.call(
            "PATCH", f"{_path(upload)}/complete-multipart-upload/", {"parts": list(parts)}
        )

    def abort(self, upload: Any) -> Any:
        return self.call("PATCH", f"{_path(upload)}/abort-multipart-upload/")

    def parts(self, upload: Any) -> Any:
        return self.call("GET", f"{_path(upload)}/list-parts/")


@pytest.fixture
def api(owner: User) -> ApiClient:
    return ApiClient(owner)


def _path(upload: Any) -> str:
    return f"{upload['pk']}/{upload['s3_upload_id']}"


def _json(body: Any) -> bytes:
    import json

    return json.dumps(body).encode()
