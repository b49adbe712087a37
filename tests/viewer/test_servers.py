"""One site and two viewer servers as real processes: one beside the database, one without keys."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.accounts.models import User
from app.audit.models import Event
from app.images.models import Image
from app.images.slices.codestream import decode_slice
from tests.viewer.conftest import MakeImage
from tests.viewer.processes import (
    Program,
    far_environment,
    free_ports,
    open_socket,
    read_slices,
    running,
    site_environment,
    wait_until,
)
from viewer.models import ViewerProcess, ViewSession
from viewer.services.packs import make_pack
from viewer.services.readers import open_pack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sent"),
]
TOKEN = "a-token-of-far-" + "0" * 32
SLICES = 12


@dataclass(frozen=True)
class Portal:
    """The site, the server beside it, and the one without keys."""

    site: Program
    near: Program
    far: Program
    headers: dict[str, str]

    def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Ask the site as the reader's page does."""
        url = f"{self.site.url}/api/v1/workstations/sessions/{path}"
        return httpx.request(method, url, json=body, headers=self.headers, timeout=60)

    def open(self, image: Image, **more: Any) -> dict[str, Any]:
        answer = self.call("POST", "", source="image", object=str(image.pk), **more)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def another(self, session: dict[str, Any], failed: str = "") -> dict[str, Any]:
        """Ask where the socket is now."""
        answer = self.call("POST", f"{session['pk']}/address/", failed=failed)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def portal(media: Path, tmp_path: Path, reader: User) -> Iterator[Portal]:
    ports = free_ports(3)
    site = f"http://127.0.0.1:{ports[0]}"
    servers = [
        {"name": "near", "origin": f"ws://127.0.0.1:{ports[1]}", "region": "here"},
        {"name": "far", "origin": f"ws://127.0.0.1:{ports[2]}", "region": "there", "token": TOKEN},
    ]
    environment = site_environment(
        port=ports[0], storage=f"file://{media}", servers=json.dumps(servers)
    )
    with ExitStack() as stack:

        def start(application: str, port: int, environment: dict[str, str], name: str) -> Program:
            health = "/healthz"
            return stack.enter_context(
                running(
                    application,
                    port=port,
                    environment=environment,
                    log=tmp_path / f"{name}.log",
                    health=health,
                )
            )

        program = start("config.asgi:application", ports[0], environment, "site")
        near = {**environment, "VIEWER_SERVER_NAME": "near"}
        far = far_environment(site=site, token=TOKEN, home=tmp_path / "far-home")
        beside = start("config.asgi_viewer:application", ports[1], near, "near")
        away = start("config.asgi_viewer:application", ports[2], far, "far")
        wait_until(lambda: ViewerProcess.objects.count() == 2)
        yield Portal(site=program, near=beside, far=away, headers=_page_headers(reader, site))


def _page_headers(reader: User, site: str) -> dict[str, str]:
    """The cookies and headers that the reader's page sends."""
    browser = Browser()
    browser.force_login(reader)
    token = "a" * 32
    cookies = {
        settings.SESSION_COOKIE_NAME: browser.cookies[settings.SESSION_COOKIE_NAME].value,
        settings.CSRF_COOKIE_NAME: token,
    }
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": token,
        "Origin": site,
    }


def shown(session: dict[str, Any], portal: Portal, count: int = SLICES) -> dict[int, bytes]:
    """Every slice, by the socket of a session."""

    async def read() -> dict[int, bytes]:
        async with (
            asyncio.timeout(60),
            open_socket(session["socket_url"], site=portal.site.url) as channel,
        ):
            return await read_slices(channel, count)

    return asyncio.run(read())


def closing(error: ConnectionClosed) -> tuple[int, str]:
    """What the server said when it closed the socket."""
    return (0, "") if error.rcvd is None else (error.rcvd.code, error.rcvd.reason)


def refusal(url: str, portal: Portal, *, origin: str = "") -> int:
    """The code with which a socket is closed, or the status its handshake is refused with."""

    async def read() -> int:
        try:
            async with (
                asyncio.timeout(30),
                open_socket(url, site=origin or portal.site.url) as channel,
            ):
                await read_slices(channel, 1)
        except InvalidStatus as error:
            return error.response.status_code
        except ConnectionClosed as error:
            return closing(error)[0]
        return 0

    return asyncio.run(read())


def test_two_servers_serve_what_the_site_gives_them(
    portal: Portal, make_image: MakeImage, volume: NDArray[np.int16], tmp_path: Path
) -> None:
    images = [make_image(volume, name=f"Case {number}") for number in range(4)]
    for image in images:
        make_pack(image.pk)
    sessions = [portal.open(image) for image in images]
    assert sorted(session["server"] for session in sessions) == ["far", "far", "near", "near"]
    for session in sessions:
        program = portal.far if session["server"] == "far" else portal.near
        assert session["socket_url"].startswith(f"{program.socket_origin}/ws/viewer/")
        assert "ticket=" in session["socket_url"]
    seen = [shown(session, portal) for session in sessions]
    info = open_pack(images[0].pk).info
    for slices in seen:
        assert slices == seen[0], "every server sends the same bytes"
    got = [decode_slice(seen[0][index], info, info.levels - 1) for index in range(SLICES)]
    np.testing.assert_array_equal(got, volume)
    # Slices do not wait until it is noted that a session runs.
    wait_until(lambda: _states() == {ViewSession.State.RUNNING})

    _far_has_no_keys(portal)
    for program in (portal.near, portal.far):
        assert httpx.get(f"{program.url}/healthz").json() == {"status": "ok"}
        for path in ("/", "/api/v1/workstations/sessions/", "/static/none", "/files/none"):
            assert httpx.get(f"{program.url}{path}").status_code == 404
    asked = re.findall(r'"GET /files/(\S+) HTTP/1.1" (\d+)', portal.site.log.read_text())
    assert asked, "the far server reads the site's signed addresses"
    assert all("Signature=" in target and status == "206" for target, status in asked)
    assert not list((tmp_path / "far-home").rglob("*.slices"))


def _states() -> set[str]:
    return set(ViewSession.objects.values_list("state", flat=True))


def _far_has_no_keys(portal: Portal) -> None:
    """Neither by name nor by value does the far process hold what opens database or storage."""
    path = Path(f"/proc/{portal.far.process.pid}/environ")
    held = dict(
        part.split("=", 1) for part in path.read_bytes().decode().split("\0") if "=" in part
    )
    assert not {"DATABASE_URL", "STORAGE_URL", "SECRET_KEY", "BROKER_URL"} & set(held)
    for secret in (settings.SECRET_KEY, portal.near.environment["DATABASE_URL"]):
        assert all(secret not in value for value in held.values())


def test_the_reader_of_a_killed_server_goes_on_at_the_other(portal: Portal, image: Image) -> None:
    session = portal.open(image, region="there")
    assert session["server"] == "far"
    before = asyncio.run(_read_while_the_pack_is_made(portal, session, image))
    assert len(before) == SLICES
    portal.far.kill()
    other = portal.another(session, failed="far")
    assert other["server"] == "near"
    assert shown({**session, **other}, portal) == before
    assert Event.objects.filter(name="viewer.session.moved").count() == 1
    portal.near.kill()
    ViewerProcess.objects.all().delete()  # as after half a minute of silence
    last = portal.another(session, failed="near")
    assert (last["server"], last["socket_url"]) == ("", f"/ws/viewer/{session['pk']}/")


async def _read_while_the_pack_is_made(
    portal: Portal, session: dict[str, Any], image: Image
) -> dict[int, bytes]:
    async with (
        asyncio.timeout(60),
        open_socket(session["socket_url"], site=portal.site.url) as channel,
    ):
        reading = asyncio.create_task(read_slices(channel, SLICES))
        await database_sync_to_async(make_pack, thread_sensitive=False)(image.pk)
        return await reading


def test_tickets_are_good_once_here_and_for_pages_of_the_site(portal: Portal, image: Image) -> None:
    make_pack(image.pk)
    for region, program, other in (
        ("here", portal.near, portal.far),
        ("there", portal.far, portal.near),
    ):
        ViewSession.objects.all().delete()
        session = portal.open(image, region=region)
        url = session["socket_url"]
        elsewhere = url.replace(program.socket_origin, other.socket_origin)
        assert refusal(elsewhere, portal) == 4410, "it is made out to one server"
        assert refusal(url, portal, origin="http://evil.example") == 403
        assert refusal(url.split("?")[0], portal) == 4410, "no socket without a ticket"
        assert refusal(url, portal) == 0
        assert refusal(url, portal) == 4410, "it was used"
        assert refusal(portal.another(session)["socket_url"], portal) == 0


def test_what_ends_elsewhere_ends_here(portal: Portal, image: Image) -> None:
    make_pack(image.pk)
    for region in ("here", "there"):
        session = portal.open(image, region=region)
        code, reason = asyncio.run(_stopped_while_open(portal, session))
        assert code == 4408
        assert "You stopped" in reason
    session = portal.open(image, region="there")
    Session.objects.all().delete()
    assert refusal(session["socket_url"], portal) == 4401, "signed out meanwhile"


async def _stopped_while_open(portal: Portal, session: dict[str, Any]) -> tuple[int, str]:
    async with (
        asyncio.timeout(60),
        open_socket(session["socket_url"], site=portal.site.url) as channel,
    ):
        await read_slices(channel, 1)
        await asyncio.to_thread(portal.call, "DELETE", f"{session['pk']}/")
        try:
            while True:
                await channel.recv()
        except ConnectionClosed as error:
            return closing(error)


def test_a_far_server_refuses_to_start_with_keys(tmp_path: Path) -> None:
    environment = far_environment(site="http://127.0.0.1:1", token=TOKEN, home=tmp_path)
    command = [sys.executable, "-c", "import config.settings.viewer"]
    keys = {
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x",
        "STORAGE_URL": "file:///media",
        "SECRET_KEY": "x" * 60,
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "WORKER_TOKEN": "x" * 60,
    }
    for name, value in keys.items():
        held = {**environment, name: value}
        done = subprocess.run(command, env=held, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert f"must not know {name}" in done.stderr
