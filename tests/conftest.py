"""Fixtures that every test may use."""

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from app.accounts.models import User
from tests.data import DATA
from tests.factories.accounts import UserFactory, sign_in


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Collect tests on real images only where these are; say so once where they are not."""
    if DATA is not None:
        return
    kept = [item for item in items if not item.get_closest_marker("data")]
    if len(kept) < len(items):
        print(f"{len(items) - len(kept)} tests left out: no ../shared/data and no HOUNSFIELD_DATA")
        items[:] = kept


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> Path:
    """Give each test a storage folder of its own."""
    folder = tmp_path / "media"
    settings.STORAGE_URL = f"file://{folder}"
    return folder


@pytest.fixture(autouse=True)
def counters() -> None:
    """Let no test be refused for what another one tried."""
    cache.clear()


@pytest.fixture
def user(db: None) -> User:
    return UserFactory()


@pytest.fixture
def stranger(db: None) -> User:
    return UserFactory()


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    return sign_in(client, user)
