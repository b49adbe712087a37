"""Our side of the viewer's benchmarks: a portal with one CT, and web servers started as it does."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil

from app.images.conversion import ConvertedImage
from benchmarks.portal import fresh_database
from config.local.environment import Address
from config.local.home import REPOSITORY
from config.local.home import prepare as prepare_home
from config.local.programs import portal_programs

READY_WITHIN = 60.0


@dataclass
class Cost:
    """What a server used while something happened."""

    cpu_seconds: float
    rss_mb: float


class WebServer:
    """One web server process: where it is and what it uses."""

    def __init__(self, process: psutil.Process, port: int, log: Path) -> None:
        self._process = process
        self.port = port
        self.log = log

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Return the seconds of processor it has used."""
        used = self._process.cpu_times()
        return used.user + used.system

    def rss_mb(self) -> float:
        """Return what it has in memory."""
        return self._process.memory_info().rss / 1e6

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def since(self, before: float) -> Cost:
        """Return what it used since ``cpu()`` was ``before``."""
        return Cost(round(self.cpu() - before, 2), round(self.rss_mb(), 1))


@contextmanager
def portal(home: Path) -> Iterator["Portal"]:
    """A private database with Django set up on it in this process, and storage in a folder."""
    prepare_home(home)
    os.environ |= {
        "STORAGE_URL": f"file://{home / 'media'}",
        "SECRET_KEY": secrets.token_urlsafe(64),
    }
    with fresh_database():
        yield Portal(home)


class Portal:
    """Makes people, images and sessions in the database, and starts servers on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._servers = 0

    def make_person(self, name: str) -> Any:
        """Return a new user."""
        from tests.factories.accounts import UserFactory

        return UserFactory(username=name)

    def add_image(self, converted: ConvertedImage, *, owner: Any) -> UUID:
        """Store an image as an import of ``owner`` does; its pack is made right away."""
        image = self.store_image(converted, owner=owner)
        self.pack_image(image)
        return image

    def store_image(self, converted: ConvertedImage, *, owner: Any) -> UUID:
        """Store an image that has no pack yet: it can be read from now on."""
        from tests.factories.images import add_converted

        return add_converted(converted, owner=owner).pk

    def pack_image(self, image: UUID) -> None:
        """Make the pack of an image, as its task does."""
        from viewer.services.packs import make_pack

        make_pack(image)
        self.pack_of(image)

    def pack_of(self, image: UUID) -> Path:
        """Return the file of an image's pack; fail where there is none."""
        from app.core.storage import FolderStore, get_store
        from app.images.models import ImageFile

        store = get_store()
        if not isinstance(store, FolderStore):
            raise TypeError("The benchmark's own storage is a folder.")
        file = ImageFile.objects.get(image_id=image, kind=ImageFile.Kind.SLICES)
        return store.path_of(file.key)

    def cookie_of(self, user: Any) -> tuple[str, str]:
        """Return name and value of the cookie of a signed-in browser."""
        from django.conf import settings
        from django.test import Client

        browser = Client()
        browser.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        return name, browser.cookies[name].value

    def session_path(self, user: Any, image: UUID) -> str:
        """Return the path of the socket of a session of ``user`` for an image."""
        from viewer.services import open_session

        session, _ = open_session(user=user, source="image", pk=image)
        return f"/ws/viewer/{session.pk}/"

    def copy_to(self, storage: str) -> None:
        """Put all files also where ``storage`` names, under the same keys."""
        from app.core.storage import FolderStore, get_store, store_at
        from app.images.models import ImageFile

        near, far = get_store(), store_at(storage)
        assert isinstance(near, FolderStore)  # noqa: S101
        for file in ImageFile.objects.all():
            far.put_file(near.path_of(file.key), key=file.key)

    @contextmanager
    def web_server(
        self, *, storage: str = "", prefix: tuple[str, ...] = (), **variables: str
    ) -> Iterator[WebServer]:
        """Run the product's web server with nothing in its caches.

        ``prefix`` goes between the interpreter and its ``-m``: a profiler.
        """
        self._servers += 1
        home = self.home / f"server-{self._servers}"
        prepare_home(home)
        address = Address(host="127.0.0.1", port=free_port())
        web = portal_programs(home, address=address, reload=False)[0]
        env = self._environment(home, address, storage=storage) | variables
        command = [web.command[0], *prefix, *web.command[1:]]
        log = home / "web.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=REPOSITORY, env=dict(web.environment(env)), stdout=output,
                stderr=output,
            )  # fmt: skip
            try:
                server = WebServer(psutil.Process(process.pid), address.port, log)
                _wait(server, process)
                yield server
            finally:
                process.terminate()
                process.wait(20)
        shutil.rmtree(home, ignore_errors=True)

    def _environment(self, home: Path, address: Address, *, storage: str) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.default",
            "HOUNSFIELD_HOME": str(home),
            "HOST": address.host,
            "PORT": str(address.port),
            "SITE_URL": address.local_url,
            "STORAGE_URL": storage or os.environ["STORAGE_URL"],
        }


def _wait(server: WebServer, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            httpx.get(f"{server.url}/static/none", timeout=10)
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > deadline:
                said = server.log.read_text()[-2000:]
                raise RuntimeError(f"The web server did not start:\n{said}") from None
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
