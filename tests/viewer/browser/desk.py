"""A server with something to read, and a browser's page at it.

``python -m tests.viewer.browser.desk FILE`` keeps one running and writes where it is to FILE; tests
that find FILE named in HOUNSFIELD_DESK use it, and so start at once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page

from tests.migrated import migrated_database
from tests.viewer.live import REPOSITORY, web_server

SIZE = {"width": 1100, "height": 720}


@dataclass
class Desk:
    """Where the server listens, what there is to read, and who reads; what it keeps all that in."""

    port: int
    places: dict[str, str]
    database: str
    store: str

    def context(
        self, browser: Browser, *, port: int = 0, cookie: str = "cookie", **options: object
    ) -> BrowserContext:
        """A browser in which somebody is signed in, by default the reader.

        ``cookie`` names theirs in `world`; ``port`` is of a line to the server.
        """
        made = browser.new_context(**{"viewport": SIZE} | options)  # type: ignore[arg-type]
        made.set_default_timeout(20_000)
        address = self.address("", port=port)
        name = settings.SESSION_COOKIE_NAME
        made.add_cookies([{"name": name, "value": self.places[cookie], "url": address}])
        return made

    def address(self, place: str, *, port: int = 0) -> str:
        """The full address of a place by its name in `world`, or of a path."""
        return f"http://127.0.0.1:{port or self.port}{self.places.get(place, place)}"

    def open(self, context: BrowserContext, place: str, *, port: int = 0) -> Page:
        page = context.new_page()
        page.goto(self.address(place, port=port), wait_until="commit")
        return page


@contextmanager
def running_desk(folder: Path) -> Iterator[Desk]:
    """Start the server on a database and a store of its own, with the images of `world`."""
    kept = os.environ.get("HOUNSFIELD_DESK")
    if kept:
        yield Desk(**json.loads(Path(kept).read_text()))
        return
    store = folder / "store"
    # The database of the other tests is emptied whenever they like.
    with migrated_database("desk") as database:
        env = {
            **os.environ,
            "DATABASE_URL": database,
            "STORAGE_URL": f"file://{store}",
            "SECRET_KEY": settings.SECRET_KEY,
        }
        command = [sys.executable, "-m", "tests.viewer.browser.world"]
        made = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, check=False)
        assert made.returncode == 0, made.stderr.decode()
        with web_server(store, log=folder / "uvicorn.log", database=database) as address:
            port = urlsplit(address).port or 0
            places = json.loads(made.stdout)
            yield Desk(port=port, places=places, database=database, store=str(store))


@contextmanager
def over_https(desk: Desk, folder: Path) -> Iterator[tuple[str, Path]]:
    """A second server of the desk, for clients that speak https alone.

    Yields its address and the certificate to trust.
    """
    from config.local.tls import ensure_certificate, key_file  # the package reads the settings

    certificate = ensure_certificate(folder)
    files = ["--ssl-certfile", str(certificate), "--ssl-keyfile", str(key_file(folder))]
    store, log = Path(desk.store), folder / "uvicorn-https.log"
    with web_server(store, log=log, database=desk.database, options=files) as address:
        yield address, certificate


def _keep(file: Path) -> None:
    """Run a desk until it is told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import tests.plugin  # noqa: F401 - starts the database server

    with tempfile.TemporaryDirectory() as folder, running_desk(Path(folder)) as desk:
        file.write_text(json.dumps(asdict(desk)))
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
