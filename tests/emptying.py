"""Emptying the test database after a test with real transactions, in milliseconds.

Django truncates every table and makes all content types and permissions anew, which takes most of
the time of a small test. Here only tables that hold something lose their rows, and what Django
makes of the models stays.
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.test import TransactionTestCase

_STAYS = frozenset({"django_migrations", "django_content_type", "auth_permission"})
_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def empty_quickly() -> None:
    """Let all tests with real transactions end so, where the role may pass triggers by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (allowed,) = cursor.fetchone()
    if allowed:
        TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]


def _empty(test: Any) -> None:
    if list(test._databases_names(include_mirrors=False)) != [DEFAULT_DB_ALIAS]:
        _flush(test)
        return
    tables = [name for name in connection.introspection.django_table_names() if name not in _STAYS]
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        found = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")"
            for name in tables
            if name in existing
        )
        cursor.execute(found)
        full = [name for (name,) in cursor.fetchall()]
        if full:
            # Without its triggers: the order of foreign keys, and logs that only grow.
            deletes = " ".join(f'DELETE FROM "{name}";' for name in full)
            cursor.execute(
                f"SET session_replication_role = replica; {deletes}"
                " SET session_replication_role = DEFAULT"
            )
