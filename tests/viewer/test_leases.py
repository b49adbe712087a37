"""What counts as use of a view session: asking for slices does, an idle window does not."""

import asyncio

import pytest
from typing_extensions import override

from app.accounts.models import User
from app.images.models import Image
from tests.viewer.sockets import Client, run
from viewer import consumers
from viewer.consumers import ViewerConsumer
from viewer.gateway.base import Seat
from viewer.gateway.local import LocalGateway
from viewer.protocol import NO_LEVEL, Keepalive, Want, WantItem
from viewer.services import open_session
from viewer.services.packs import make_pack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]


class Told(LocalGateway):
    """The site's gateway, which also tells the test what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: asyncio.Queue[bool] = asyncio.Queue()

    @override
    async def keep(self, seat: Seat, *, active: bool) -> None:
        await super().keep(seat, active=active)
        self.asked.put_nowait(active)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    monkeypatch.setattr(consumers, "configured_gateway", lambda: told)
    monkeypatch.setattr(ViewerConsumer, "check_seconds", 0.02)
    return told


def test_only_who_asks_for_slices_uses_the_session(
    reader: User, image: Image, gateway: Told
) -> None:
    make_pack(image.pk)
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def until(active: bool) -> None:
        while await gateway.asked.get() is not active:
            pass

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await until(active=True)
            await until(active=False)
            await client.send(Keepalive())
            assert [await gateway.asked.get() for _ in range(4)] == [False] * 4
            await client.send(Want(1, (WantItem(0, 0, 0, NO_LEVEL, 5, 0),)))
            await until(active=True)

    run(scenario)


def test_every_socket_is_counted_and_given_back(reader: User, image: Image, gateway: Told) -> None:
    make_pack(image.pk)
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with (
            Client(session.pk, user=reader) as one,
            Client(session.pk, user=reader) as two,
        ):
            await one.open()
            await two.open()
            assert gateway.presence.sockets == 2
        assert gateway.presence.sockets == 0

    run(scenario)
