"""Opening before the pack is there, or when it is damaged: prepared, told, made again."""

from pathlib import Path

import pytest
from channels.db import database_sync_to_async

from app.accounts.models import User
from app.images.models import Image, ImageFile
from tests.viewer.sockets import Client, run
from viewer import preparation
from viewer.models import SlicePack, ViewSession
from viewer.protocol import (
    NO_LEVEL,
    CloseCode,
    ErrorCode,
    Keepalive,
    Meta,
    Open,
    State,
    Want,
    WantItem,
)
from viewer.services import open_session
from viewer.services.packs import make_pack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]
FULL = 5


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "FIRST_POLL", 0.01)


@pytest.fixture
def session(reader: User, image: Image) -> ViewSession:
    """A session on an image whose pack is ready."""
    make_pack(image.pk)
    return open_session(user=reader, source="image", pk=image.pk)[0]


def want(
    index: int, *, to: int = FULL, have: int = NO_LEVEL, priority: int = 0, layer: int = 0
) -> WantItem:
    return WantItem(layer, 0, index, have, to, priority)


def test_an_image_without_a_pack_is_prepared_first(reader: User, image: Image) -> None:
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.send(Open())
            assert await client.take() == State(False, preparation.PREPARING)
            await client.send(Keepalive())
            await database_sync_to_async(make_pack)(image.pk)
            assert await client.take() == State(True, "")
            assert isinstance(await client.take(), Meta)

    run(scenario)
    assert SlicePack.objects.get(pk=image.pk).state == SlicePack.State.READY


def test_an_image_that_cannot_be_prepared_says_why(reader: User, image: Image, media: Path) -> None:
    mha = media / ImageFile.objects.get(image=image).key
    mha.write_bytes(b"not an image\n")
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.send(Open())
            assert isinstance(await client.take(), State)
            await database_sync_to_async(make_pack)(image.pk)
            code, reason, error = await client.closed()
            assert code == CloseCode.NOT_PREPARED
            assert error is not None
            assert error.code == ErrorCode.PREPARATION_FAILED
            assert "not a MetaImage" in reason

    run(scenario)


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_a_pack_that_cannot_be_opened_is_made_again(
    reader: User, session: ViewSession, image: Image, media: Path, fault: str
) -> None:
    path = media / ImageFile.objects.get(image=image, kind=ImageFile.Kind.SLICES).key
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(b"not a pack" * 100)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.send(Open())
            assert isinstance(await client.take(), State)
            await database_sync_to_async(make_pack)(image.pk)
            assert await client.take() == State(True, "")
            assert isinstance(await client.take(), Meta)

    run(scenario)
    assert not path.exists()


def test_a_damaged_slice_closes_with_a_reason(
    reader: User, session: ViewSession, image: Image, media: Path
) -> None:
    path = media / ImageFile.objects.get(image=image, kind=ImageFile.Kind.SLICES).key
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await client.send(Want(1, (want(11),)))
            code, _, error = await client.closed()
            assert code == CloseCode.INTERNAL
            assert error is not None
            assert "checksum" in error.text
        await database_sync_to_async(make_pack)(image.pk)
        async with Client(session.pk, user=reader) as again:
            await again.open()
            await again.send(Want(1, (want(11),)))
            await again.take_until_done(1)

    run(scenario)
