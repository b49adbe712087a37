"""A portal's database for a benchmark: private, durable, migrated, gone afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def fresh_database(*, settings: str = "config.settings.test") -> Iterator[None]:
    """Start PostgreSQL with a safe configuration, set Django up on it and migrate."""
    from config.local.servers import private_postgres

    with tempfile.TemporaryDirectory(prefix="hounsfield-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with private_postgres(home) as url:
            os.environ |= {
                "DATABASE_URL": url,
                "HOUNSFIELD_HOME": str(home / "state"),
                "DJANGO_SETTINGS_MODULE": settings,
            }
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", interactive=False, verbosity=0)
            try:
                yield
            finally:
                connections.close_all()
