"""The same socket when files live in an S3 store: made, read and streamed by range requests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from channels.db import database_sync_to_async
from numpy.typing import NDArray

from app.accounts.models import User
from app.core.storage import get_store
from app.images.models import ImageFile
from app.images.slices.codestream import decode_slice
from tests.servers import s3_server
from tests.viewer.conftest import MakeImage
from tests.viewer.sockets import Client, run
from viewer.protocol import NO_LEVEL, Open, State, Want, WantItem
from viewer.services import open_session
from viewer.services.packs import make_pack
from viewer.services.readers import open_pack

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sent", "bucket"),
]


@pytest.fixture
def bucket(media: Path, settings: Any) -> Iterator[str]:
    """A real S3 server instead of the folder."""
    with s3_server() as url:
        settings.STORAGE_URL = url
        yield url


def test_a_volume_comes_from_the_bucket(
    make_image: MakeImage, reader: User, volume: NDArray[np.int16], media: Path
) -> None:
    image = make_image(volume)
    make_pack(image.pk)
    pack = open_pack(image.pk)
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.open()
            items = tuple(WantItem(0, 0, i, NO_LEVEL, 5, 0) for i in range(12))
            await client.send(Want(1, items))
            await client.take_until_done(1)
        got = [decode_slice(client.slices[0, i], pack.info, 5) for i in range(12)]
        np.testing.assert_array_equal(got, volume)

    run(scenario)
    assert not media.exists() or not list(media.rglob("*.*"))


def test_a_pack_that_vanished_is_made_again(
    make_image: MakeImage, reader: User, volume: NDArray[np.int16]
) -> None:
    image = make_image(volume)
    make_pack(image.pk)
    file = ImageFile.objects.get(image=image, kind=ImageFile.Kind.SLICES)
    get_store().delete(file.key)
    session, _ = open_session(user=reader, source="image", pk=image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            await client.send(Open())
            assert isinstance(await client.take(), State)
            await database_sync_to_async(make_pack)(image.pk)
            assert await client.take() == State(True, "")

    run(scenario)
