"""Readers who come before the pack: served at once, then from the pack, without noticing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async
from numpy.typing import NDArray

from app.accounts.models import User
from app.images.models import Image, ImageFile
from app.images.slices import ondemand
from app.images.slices.codestream import decode_slice
from tests.servers import s3_server
from tests.viewer.conftest import MakeImage
from tests.viewer.sockets import Client, run
from viewer import preparation
from viewer.models import ViewSession
from viewer.protocol import NO_LEVEL, CloseCode, Cuts, Frag, Open, State, Want, WantItem
from viewer.services import open_session
from viewer.services.packs import make_pack
from viewer.services.readers import open_pack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]
FULL, PREVIEW = 5, 3


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "FIRST_POLL", 0.01)


def values_of(array: NDArray[Any]) -> dict[str, Any]:
    """What the importer writes down of an image's values."""
    low, high = float(array.min()), float(array.max())
    shares = {str(p): float(np.percentile(array, p)) for p in (1, 50, 99)}
    return {"histogram": {"low": low, "high": high, "percentiles": shares, "counts": [[1]]}}


@pytest.fixture
def image(make_image: MakeImage, volume: NDArray[np.int16]) -> Image:
    return make_image(volume, modality="CT", metadata=values_of(volume))


@pytest.fixture
def session(reader: User, image: Image) -> ViewSession:
    """A session on an image whose pack is not made yet."""
    return open_session(user=reader, source="image", pk=image.pk)[0]


def want(index: int, *, to: int = FULL, have: int = NO_LEVEL, priority: int = 0) -> WantItem:
    return WantItem(0, 0, index, have, to, priority)


async def packed(client: Client, image: Image) -> None:
    """Make the pack, and wait until the client was told of it."""
    await database_sync_to_async(make_pack)(image.pk)
    while True:
        message = await client.take()
        if isinstance(message, Cuts) and len(message.cuts) == len(client.cuts[0]):
            return


def test_slices_come_at_once_and_go_on_from_the_pack(
    reader: User, session: ViewSession, image: Image, volume: NDArray[np.int16]
) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            meta = await client.open()
            assert not np.any(meta.cuts)
            (layer,) = meta.info["layers"]
            assert layer["range"] == [float(volume.min()), float(volume.max())]
            await client.send(Want(1, (want(7, to=PREVIEW), want(7), want(3, to=PREVIEW))))
            await client.take_until_done(1)
            assert client.levels == {(0, 7): FULL, (0, 3): PREVIEW}
            await packed(client, image)
            rest = [want(3, have=PREVIEW)] + [want(i) for i in range(12) if i not in (3, 7)]
            await client.send(Want(2, tuple(rest)))
            await client.take_until_done(2)

        info = (await database_sync_to_async(open_pack)(image.pk)).info
        got = [decode_slice(client.slices[0, i], info, FULL) for i in range(12)]
        np.testing.assert_array_equal(got, volume)

    run(scenario)


def test_who_reconnects_in_between_finds_the_same_image(
    reader: User, session: ViewSession, image: Image
) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as before:
            first = await before.open()
            await before.send(Want(1, (want(3, to=PREVIEW),)))
            await before.take_until_done(1)
        await database_sync_to_async(make_pack)(image.pk)
        async with Client(session.pk, user=reader) as after:
            second = await after.open()
            assert second.info == first.info
            assert after.cuts[0][3] == before.cuts[0][3]
            after.slices, after.levels = before.slices, before.levels
            await after.send(Want(1, (want(3, have=PREVIEW),)))
            await after.take_until_done(1)

    run(scenario)


def test_a_slice_that_the_pack_holds_otherwise_goes_on_as_it_began(
    reader: User, session: ViewSession, image: Image, volume: NDArray[np.int16], media: Path
) -> None:
    mha = media / ImageFile.objects.get(image=image, kind=ImageFile.Kind.MHA).key

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await client.send(Want(1, (want(3, to=PREVIEW),)))
            await client.take_until_done(1)
            # As if a worker with another encoder made the pack: other bytes for every slice.
            changed = await asyncio.to_thread(_other_pixels, mha, volume)
            await packed(client, image)
            await asyncio.to_thread(mha.write_bytes, changed)
            await client.send(Want(2, (want(3, have=PREVIEW), want(4))))
            await client.take_until_done(2)
        info = (await database_sync_to_async(open_pack)(image.pk)).info
        np.testing.assert_array_equal(decode_slice(client.slices[0, 3], info, FULL), volume[3])
        np.testing.assert_array_equal(decode_slice(client.slices[0, 4], info, FULL), volume[4] + 1)

    run(scenario)


def _other_pixels(mha: Path, volume: NDArray[np.int16]) -> bytes:
    """Put other pixels into the file's place; return what it was."""
    import SimpleITK

    before = mha.read_bytes()
    other = mha.with_name("other.mha")
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(volume + np.int16(1)), str(other), True)
    other.replace(mha)  # whoever has the old file open goes on reading it
    return before


def test_readers_of_one_image_share_the_encoding(
    reader: User, session: ViewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, count = ondemand.encode_slice, 0

    def counted(*args: Any) -> Any:
        nonlocal count
        count += 1
        return encode(*args)

    monkeypatch.setattr(ondemand, "encode_slice", counted)

    async def scenario() -> None:
        async with (
            Client(session.pk, user=reader) as one,
            Client(session.pk, user=reader) as two,
        ):
            for client in (one, two):
                await client.open()
                await client.send(Want(1, tuple(want(i) for i in range(12))))
            await asyncio.gather(one.take_until_done(1), two.take_until_done(1))
            assert one.slices == two.slices

    run(scenario)
    assert count == 12


def test_a_pack_that_fails_says_why(reader: User, session: ViewSession, image: Image) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await database_sync_to_async(_damage)(image)
            await database_sync_to_async(make_pack)(image.pk)
            code, reason, _ = await client.closed()
            assert code == CloseCode.NOT_PREPARED
            assert "not a MetaImage" in reason

    run(scenario)


def _damage(image: Image) -> None:
    from app.core.storage import get_store

    key = ImageFile.objects.get(image=image, kind=ImageFile.Kind.MHA).key
    get_store().delete(key)
    get_store().put_bytes(b"not an image\n", key=key)


def test_pixels_that_cannot_be_read_wait_for_the_pack(
    reader: User, session: ViewSession, image: Image
) -> None:
    _damage(image)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.send(Open())
            assert await client.take() == State(False, preparation.PREPARING)

    run(scenario)


@pytest.fixture
def bucket(media: Path, settings: Any) -> Iterator[None]:
    """A real S3 server instead of the folder."""
    with s3_server() as url:
        settings.STORAGE_URL = url
        yield


@pytest.mark.services
def test_slices_on_demand_from_a_bucket(
    bucket: None, make_image: MakeImage, reader: User, volume: NDArray[np.int16]
) -> None:
    image = make_image(volume, metadata=values_of(volume))
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await client.send(Want(1, tuple(want(i, to=PREVIEW) for i in range(6))))
            await client.take_until_done(1)
            await packed(client, image)
            rest = [want(i, have=PREVIEW) for i in range(6)] + [want(i) for i in range(6, 12)]
            await client.send(Want(2, tuple(rest)))
            await client.take_until_done(2)
        info = (await database_sync_to_async(open_pack)(image.pk)).info
        got = [decode_slice(client.slices[0, i], info, FULL) for i in range(12)]
        np.testing.assert_array_equal(got, volume)

    run(scenario)


def test_a_jump_overtakes_what_is_being_encoded(reader: User, make_image: MakeImage) -> None:
    noise = np.random.default_rng(8).integers(-2000, 2000, (30, 128, 128)).astype(np.int16)
    image = make_image(noise, metadata=values_of(noise))
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await client.send(Want(1, tuple(want(i) for i in range(29))))
            while not isinstance(await client.take(acknowledge=False), Frag):
                pass
            await client.send(Want(2, (want(29),)))
            await client.take_until_done(2)
            assert client.levels[0, 29] == FULL
            assert len(client.levels) < 12

    run(scenario)
