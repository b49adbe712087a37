"""Databases that have all tables already, copied from one that was migrated once on their server.

All migrations together take half a minute of a processor, a copy takes less than a second. Copies
are migrated all the same by whoever uses them, which finds nothing left to do.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from config.local.database import migrations
from config.local.home import REPOSITORY

_PREFIX = "hounsfield_migrated_"
_LOCK = 20_261_127  # of all who make, copy or drop such a database


@contextmanager
def migrated_database(name: str) -> Iterator[str]:
    """Yield the address of a new database with all tables, which is dropped at the end."""
    source, named = template(), f"{name}_{uuid4().hex[:12]}"
    with _owner() as owner:
        making = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(named), Identifier(source))
        owner.execute(making)
        try:
            yield _address_of(named)
        finally:
            owner.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(named)))


@cache
def template() -> str:
    """Return the name of the database to copy, on the server of DATABASE_URL; make it if need be.

    Its name tells of which migrations it is. Nobody can connect to it once it is complete: one that
    still allows that is what a run left that was killed, and is made anew.
    """
    name = _PREFIX + _digest()
    with _owner() as owner:
        owner.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        query = "SELECT datname, datallowconn FROM pg_database WHERE starts_with(datname, %s)"
        found = dict(owner.execute(query, [_PREFIX]).fetchall())
        if found.get(name) is not False:
            for other in found:
                owner.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(other)))
            owner.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            _migrate(_address_of(name))
            owner.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(name)))
    return name


def _digest() -> str:
    """Tell these migrations, and the packages that bring more of them, from others."""
    total = hashlib.sha256()
    for path in sorted([*migrations(), REPOSITORY / "requirements" / "base.txt"]):
        total.update(f"{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def _migrate(address: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The migrations failed:\n{done.stderr[-4000:]}")


def _owner() -> psycopg.Connection:
    """Connect to the database that every server has: that of DATABASE_URL may not exist yet."""
    return psycopg.connect(_address_of("postgres"), autocommit=True)


def _address_of(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
