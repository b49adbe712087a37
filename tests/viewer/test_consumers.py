"""The socket from handshake to close, on the real database and a real store."""

import asyncio
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from numpy.typing import NDArray

from app.accounts.models import User
from app.core.ids import new_id
from app.images.models import Image
from app.images.slices.codestream import decode_slice
from tests.viewer.conftest import SEGMENTS, MakeImage, OverlaySource
from tests.viewer.sockets import Client, run
from viewer import preparation
from viewer.consumers import ViewerConsumer
from viewer.models import ViewSession
from viewer.protocol import (
    NO_LEVEL,
    Ack,
    CloseCode,
    Done,
    Drop,
    ErrorCode,
    Frag,
    Keepalive,
    Open,
    Want,
    WantItem,
    encode,
)
from viewer.registry import Layer
from viewer.services import open_session, stop_session
from viewer.services.packs import make_pack
from viewer.services.readers import open_pack
from viewer.window import FLOOR

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


def test_the_whole_volume_is_the_source(
    reader: User, session: ViewSession, image: Image, volume: NDArray[np.int16]
) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            meta = await client.open()
            assert [len(cuts) for cuts in meta.cuts] == [12]
            previews = tuple(want(i, to=3, priority=1) for i in range(12))
            rest = tuple(want(i, priority=2) for i in range(12))
            await client.send(Want(1, previews + rest))
            await client.take_until_done(1)
            for index in range(12):
                assert len(client.slices[0, index]) == meta.cuts[0][index][FULL]

        info = (await database_sync_to_async(open_pack)(image.pk)).reader.info
        got = [decode_slice(client.slices[0, i], info, FULL) for i in range(12)]
        np.testing.assert_array_equal(got, volume)

    run(scenario)
    session.refresh_from_db()
    assert session.state == ViewSession.State.RUNNING


def test_meta_describes_the_image(reader: User, session: ViewSession, image: Image) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            meta = await client.open()
            assert meta.info["version"] == 2
            assert meta.info["title"] == "Thorax"
            (layer,) = meta.info["layers"]
            expected = {
                "image": str(image.pk),
                "name": "Thorax",
                "role": "image",
                "size": [48, 64, 12],
                "timepoints": 1,
                "type": "int16",
                "components": 1,
                "codec": "htj2k",
                "levels": 6,
                "window": {"center": 40.0, "width": 400.0},
                "modality": "CT",
                "unit": "HU",
                "segments": [],
            }
            assert {key: layer[key] for key in expected} == expected
            assert layer["level_sizes"][3:] == [[12, 16], [24, 32], [48, 64]]

    run(scenario)


def test_layers_and_segments(
    reader: User, make_image: MakeImage, volume: NDArray[np.int16], overlay_source: OverlaySource
) -> None:
    image = make_image(volume)
    mask = (volume > 500).astype(np.uint8) * 2
    overlay = make_image(mask, name="Nodules")
    for one in (image, overlay):
        make_pack(one.pk)
    overlay_source.readers.add(reader.pk)
    overlay_source.sets[image.pk] = (
        Layer(image.pk, "Thorax"),
        Layer(overlay.pk, "Nodules", "overlay", SEGMENTS),
    )
    session, _ = open_session(user=reader, source=overlay_source.key, pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            meta = await client.open()
            shown = meta.info["layers"][1]
            assert (shown["role"], shown["type"]) == ("overlay", "uint8")
            assert shown["segments"][0] == {"value": 1, "name": "Nodule", "color": "#e6484f"}
            assert meta.info["layers"][0]["window"]["width"] > 0
            await client.send(Want(1, (want(4, layer=1), want(4, layer=0))))
            await client.take_until_done(1)
        info = (await database_sync_to_async(open_pack)(overlay.pk)).reader.info
        np.testing.assert_array_equal(decode_slice(client.slices[1, 4], info, FULL), mask[4])

    run(scenario)


@pytest.mark.parametrize(
    ("who", "code"),
    [("nobody", CloseCode.NOT_SIGNED_IN), ("stranger", CloseCode.NOT_FOUND)],
)
def test_who_may_not_look_is_told_so(
    stranger: User, session: ViewSession, who: str, code: CloseCode
) -> None:
    user = stranger if who == "stranger" else AnonymousUser()

    async def scenario() -> None:
        async with Client(session.pk, user=user) as client:
            closed, reason, error = await client.closed()
            assert closed == code
            assert reason
            assert error is None

    run(scenario)


def test_a_session_that_does_not_exist_looks_like_a_strangers(
    reader: User, stranger: User, session: ViewSession
) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=stranger) as one, Client(new_id(), user=reader) as two:
            assert await one.closed() == await two.closed()

    run(scenario)


def test_access_is_asked_for_again_at_open(
    reader: User, image: Image, overlay_source: OverlaySource
) -> None:
    overlay_source.sets[image.pk] = (Layer(image.pk, "Thorax"),)
    overlay_source.readers.add(reader.pk)
    session, _ = open_session(user=reader, source=overlay_source.key, pk=image.pk)
    overlay_source.readers.clear()

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.send(Open())
            code, _, error = await client.closed()
            assert code == CloseCode.NOT_FOUND
            assert error is not None
            assert error.code == ErrorCode.NOT_FOUND

    run(scenario)


def test_a_stopped_session_says_so(reader: User, session: ViewSession) -> None:
    stop_session(session, reason="Stopped by its owner.")

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            code, reason, error = await client.closed()
            assert code == CloseCode.SESSION_ENDED
            assert reason == "Stopped by its owner."
            assert error is not None

    run(scenario)


@pytest.mark.parametrize("end", ["stopped", "access", "signed out"])
def test_a_running_socket_ends_with_its_session(
    reader: User,
    image: Image,
    overlay_source: OverlaySource,
    monkeypatch: pytest.MonkeyPatch,
    end: str,
) -> None:
    make_pack(image.pk)
    overlay_source.sets[image.pk] = (Layer(image.pk, "Thorax"),)
    overlay_source.readers.add(reader.pk)
    session, _ = open_session(user=reader, source=overlay_source.key, pk=image.pk)
    monkeypatch.setattr(ViewerConsumer, "check_seconds", 0.05)
    signed_in = _Session()

    async def scenario() -> None:
        client = Client(session.pk, user=reader)
        client.socket.scope["session"] = signed_in
        async with client:
            await client.open()
            if end == "stopped":
                await database_sync_to_async(stop_session)(session, reason="Done.")
            elif end == "access":
                overlay_source.readers.clear()
            else:
                signed_in.there = False
            code, _, error = await client.closed()
            assert code == CloseCode.SESSION_ENDED
            assert error is not None

    run(scenario)


class _Session:
    """The part of a Django session that the socket looks at."""

    session_key = "key"
    there = True

    def exists(self, key: str) -> bool:
        return self.there and key == self.session_key


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.MALFORMED),
        (b"\x7f", ErrorCode.MALFORMED),
        (b"\x01\x63", ErrorCode.VERSION),
        (encode(Want(1)), ErrorCode.NOT_OPEN),
        (encode(Drop(1)), ErrorCode.NOT_OPEN),
        (encode(Ack(10**9)), ErrorCode.OUT_OF_RANGE),
        (b"\x02" + bytes(200_000), ErrorCode.TOO_LARGE),
    ],
)
def test_a_malformed_message_closes_with_a_reason(
    reader: User, session: ViewSession, data: bytes, code: ErrorCode
) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.socket.send_bytes(data)
            closed, reason, error = await client.closed()
            flood = code == ErrorCode.TOO_LARGE
            assert closed == (CloseCode.FLOODING if flood else CloseCode.MALFORMED)
            assert error is not None
            assert (error.code, reason) == (code, error.text)

    run(scenario)


def test_text_is_malformed(reader: User, session: ViewSession) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.socket.send_text("hello")
            assert (await client.closed())[0] == CloseCode.MALFORMED

    run(scenario)


def test_opening_twice_is_malformed(reader: User, session: ViewSession) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await client.send(Open())
            assert (await client.closed())[0] == CloseCode.MALFORMED

    run(scenario)


def test_a_slice_that_does_not_exist(reader: User, session: ViewSession) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            await client.send(Want(1, (want(12),)))
            _, _, error = await client.closed()
            assert error is not None
            assert error.code == ErrorCode.OUT_OF_RANGE

    run(scenario)


def test_a_flood_is_cut_off(reader: User, session: ViewSession) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            for _ in range(200):
                await client.send(Keepalive())
            assert (await client.closed())[0] == CloseCode.FLOODING

    run(scenario)


def test_acknowledging_is_no_flood(reader: User, session: ViewSession) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            for gen in range(60):
                await client.send(Want(gen, tuple(want(i, to=0) for i in range(12))))
                client.levels.clear()
                await client.take_until_done(gen)

    run(scenario)


def test_a_new_want_cancels_what_is_not_on_the_wire(reader: User, make_image: MakeImage) -> None:
    noise = np.random.default_rng(8).integers(-2000, 2000, (30, 128, 128)).astype(np.int16)
    image = make_image(noise)
    make_pack(image.pk)
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            meta = await client.open()
            await client.send(Want(1, tuple(want(i) for i in range(30))))
            first = await client.take(acknowledge=False)
            assert isinstance(first, Frag)
            await client.send(Want(2, (want(29),)))
            await client.send(Ack(client.received))
            sent = 0
            while (message := await client.take()) != Done(2):
                assert isinstance(message, Frag)
                sent += len(message.payload)
            assert sent < 2 * FLOOR + 2 * meta.cuts[0][29][FULL]
            assert client.levels[0, 29] == FULL
            assert len(client.levels) < 10

    run(scenario)


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        ("http://portal.example", True),
        ("http://127.0.0.1:8000", True),
        ("http://evil.example", False),
        ("null", False),
    ],
)
def test_only_our_own_pages_may_connect(
    reader: User, session: ViewSession, settings: Any, origin: str, accepted: bool
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["http://127.0.0.1:8000"]
    headers = {"origin": origin, "host": "portal.example"}

    async def scenario() -> None:
        client = Client(session.pk, user=reader, headers=headers)
        assert await client.socket.connect() is accepted
        await client.socket.disconnect()

    run(scenario)


def test_two_sockets_of_one_session_both_work(reader: User, session: ViewSession) -> None:
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
            assert len(one.slices) == 12

    run(scenario)


def test_a_reader_who_comes_back_asks_for_the_rest(reader: User, session: ViewSession) -> None:
    async def scenario() -> None:
        async with Client(session.pk, user=reader) as before:
            await before.open()
            await before.send(Want(1, (want(3, to=2),)))
            await before.take_until_done(1)
        async with Client(session.pk, user=reader) as after:
            meta = await after.open()
            after.levels, after.slices = before.levels, before.slices
            await after.send(Want(1, (want(3, have=2),)))
            await after.take_until_done(1)
            whole = after.slices[0, 3]
            assert len(whole) == meta.cuts[0][3][FULL]

    run(scenario)
