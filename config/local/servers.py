"""The private PostgreSQL and Valkey, for the supervisor and for tests.

Both are safe to nest, to use from several processes at once, and to use after a crash: a living
server of the same state folder is shared, and its last user stops it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.local.postgres import PostgresServer
from config.local.valkey import ValkeyServer


@contextmanager
def private_postgres(home: Path, *, durable: bool = True) -> Iterator[str]:
    """Run PostgreSQL under `<home>/postgres`; yield its `postgresql://` address.

    `durable=False` trades safety against power loss for speed, for tests.
    """
    with PostgresServer(home, durable=durable).running() as url:
        yield url


@contextmanager
def private_valkey(home: Path) -> Iterator[str]:
    """Run Valkey under `<home>/valkey`; yield its `redis://` address."""
    with ValkeyServer(home).running() as url:
        yield url
