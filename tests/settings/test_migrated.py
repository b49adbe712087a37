"""Migrations: complete, and databases that are copied from one that has them."""

import os

import psycopg
import pytest
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from tests.migrated import migrated_database


def test_a_copy_has_every_migration_and_is_dropped_at_the_end() -> None:
    with migrated_database("copy") as address, psycopg.connect(address) as connection:
        done = connection.execute("SELECT app, name FROM django_migrations").fetchall()
        name = connection.info.dbname
    assert set(done) == set(MigrationLoader(None).disk_migrations)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        query = "SELECT count(*) FROM pg_database WHERE datname = %s"
        assert connection.execute(query, [name]).fetchone() == (0,)


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
