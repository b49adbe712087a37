"""Fixtures that every test may use."""

from pathlib import Path
from typing import Any

import pytest
from channels.layers import channel_layers
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test import Client

from app.accounts.models import User
from tests.data import DATA
from tests.emptying import empty_quickly
from tests.factories.accounts import UserFactory, sign_in
from tests.migrated import template


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Collect tests on real images only where these are; say so once where they are not."""
    if DATA is not None:
        return
    kept = [item for item in items if not item.get_closest_marker("data")]
    if len(kept) < len(items):
        print(f"{len(items) - len(kept)} tests left out: no ../shared/data and no HOUNSFIELD_DATA")
        items[:] = kept


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Copy the tables of the tests' database from one that all processes of a run share."""
    connection.settings_dict["TEST"]["TEMPLATE"] = template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let Django empty the tables after a test with real transactions.

    That is a TRUNCATE, which the audit log refuses; tests that want the refusal switch it on.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("audit_event", "audit_seal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_truncate")
        empty_quickly()


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


@pytest.fixture(autouse=True)
def channel_layer() -> None:
    """Give each test a channel layer of its own.

    One that served an event loop may hold locks that are bound to it.
    """
    channel_layers.backends.clear()


@pytest.fixture
def user(db: None) -> User:
    return UserFactory()


@pytest.fixture
def stranger(db: None) -> User:
    return UserFactory()


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    return sign_in(client, user)
