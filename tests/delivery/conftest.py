"""Storage and keys of its own for each test, and a kind of file with an owner."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from app.accounts.models import User
from app.core.errors import NotFound
from app.core.storage import ObjectStore, get_store
from app.delivery import registry
from app.delivery.registry import ServedFile, register_file_policy


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
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


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user(username="owner", email="owner@example.org", password="x")


@pytest.fixture
def stranger(db: None) -> User:
    return User.objects.create_user(username="stranger", email="s@example.org", password="x")


@pytest.fixture
def served(
    owner: User, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> tuple[UUID, ServedFile]:
    """A stored file of kind ``scans`` that only ``owner`` may read."""
    pk = uuid4()
    file = ServedFile(
        key=f"images/{uuid4()}/{uuid4()}.mha",
        filename="Thorax (1).mha",
        content_type="application/octet-stream",
        size=10,
        audit_name="images.file.downloaded",
        audit_object=owner,
    )
    store.put_bytes(b"0123456789", key=file.key)
    monkeypatch.setattr(registry, "_policies", {})

    def resolver(user: Any, wanted: UUID) -> ServedFile:
        if wanted != pk or user.pk != owner.pk:
            raise NotFound
        return file

    register_file_policy("scans", resolver)
    return pk, file
