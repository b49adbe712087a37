"""The socket through the real server, as `make demo` runs it: uvicorn, cookies, handshakes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websockets
from django.conf import settings
from django.test import Client as Browser
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.accounts.models import User
from app.images.models import Image
from tests.viewer.live import web_server
from viewer import protocol as p
from viewer.models import ViewSession
from viewer.services import open_session
from viewer.services.packs import make_pack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]
IDLE = 31.0
DEADLINE = 60.0


@pytest.fixture
def server(media: Path, tmp_path: Path) -> Iterator[str]:
    """The real web server on the test's database and store."""
    with web_server(media, log=tmp_path / "uvicorn.log") as url:
        yield url.replace("http", "ws")


@pytest.fixture
def session(reader: User, image: Image) -> ViewSession:
    make_pack(image.pk)
    return open_session(user=reader, source="image", pk=image.pk)[0]


@pytest.fixture
def cookie(reader: User) -> str:
    browser = Browser()
    browser.force_login(reader)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={browser.cookies[name].value}"


def joined(server: str, session: ViewSession, **options: Any) -> Any:
    return connect(f"{server}/ws/viewer/{session.pk}/", max_size=None, **options)


async def fetch(channel: ClientConnection, gen: int, indices: range) -> dict[int, bytes]:
    """Ask for full slices and take them; acknowledges as it goes."""
    items = tuple(p.WantItem(0, 0, i, p.NO_LEVEL, 5, 0) for i in indices)
    await channel.send(p.encode(p.Want(gen, items)))
    slices: dict[int, bytes] = {}
    while True:
        data = await channel.recv()
        assert isinstance(data, bytes)
        message = p.decode_server(data)
        if message == p.Done(gen):
            return slices
        assert isinstance(message, p.Frag)
        slices[message.slice] = message.payload


async def opened(channel: ClientConnection) -> p.Meta:
    await channel.send(p.encode(p.Open()))
    while True:
        data = await channel.recv()
        assert isinstance(data, bytes)
        message = p.decode_server(data)
        if isinstance(message, p.Meta):
            return message


@pytest.mark.slow
def test_an_idle_socket_still_works_after_half_a_minute(
    server: str, session: ViewSession, cookie: str
) -> None:
    async def scenario() -> None:
        headers = {"Cookie": cookie}
        async with (
            asyncio.timeout(DEADLINE + IDLE),
            joined(
                server, session, additional_headers=headers, origin=server.replace("ws", "http")
            ) as channel,
        ):
            meta = await opened(channel)
            assert len(await fetch(channel, 1, range(3))) == 3
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(channel.recv(), IDLE)
            slices = await fetch(channel, 2, range(3, 12))
            assert {i: len(s) for i, s in slices.items()} == {
                i: meta.cuts[0][i][5] for i in range(3, 12)
            }

    asyncio.run(scenario())


@pytest.mark.slow
def test_handshakes(server: str, session: ViewSession, cookie: str) -> None:
    async def scenario() -> None:
        async with joined(server, session, additional_headers={"Cookie": cookie}) as channel:
            assert channel.response is not None
            assert "Sec-WebSocket-Extensions" not in channel.response.headers
        async with joined(server, session) as channel:
            with pytest.raises(ConnectionClosed) as closed:
                await channel.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == p.CloseCode.NOT_SIGNED_IN
        with pytest.raises(InvalidStatus):
            async with joined(server, session, origin=websockets.Origin("http://evil.example")):
                pass

    asyncio.run(scenario())
