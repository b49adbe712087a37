"""Every kind of image from file to decoded slice: on demand first, then from the pack."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from channels.db import database_sync_to_async

from app.accounts.models import User
from app.core.ids import new_id
from app.core.storage import get_store
from app.images.models import Image, ImageFile, Import
from app.images.services.summary import summarize
from app.images.slices.codestream import decode_slice
from tests.viewer.sockets import Client, run
from viewer import preparation
from viewer.protocol import NO_LEVEL, Cuts, Want, WantItem
from viewer.services import open_session
from viewer.services.packs import make_pack
from viewer.services.readers import open_pack

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sent")]
RNG = np.random.default_rng(20261127)
Array = np.ndarray[Any, np.dtype[Any]]


def whole(dtype: str, low: int, high: int, *shape: int) -> Array:
    """Whole numbers over all of a range, its ends included."""
    array = RNG.integers(low, high, shape, dtype=dtype, endpoint=True)
    array.reshape(-1)[:2] = (low, high)
    return array


def floats(dtype: str, *shape: int) -> Array:
    """Numbers among which some are none."""
    array = RNG.normal(0, 100, shape).astype(dtype)
    array.reshape(-1)[:3] = (np.nan, np.inf, -np.inf)
    return array


KINDS: dict[str, tuple[Array, bool, str, str]] = {
    "CT": (whole("int16", -1024, 3071, 5, 70, 60), False, "htj2k", "int16"),
    "radiograph": (whole("uint16", 0, 65535, 70, 60), False, "htj2k", "uint16"),
    "photograph": (whole("uint8", 0, 255, 70, 60, 3), True, "htj2k", "uint8"),
    "color volume": (whole("uint8", 0, 255, 4, 70, 60, 3), True, "htj2k", "uint8"),
    "with opacity": (whole("uint8", 0, 255, 2, 70, 60, 4), True, "deflate", "uint8"),
    "signed bytes": (whole("int8", -128, 127, 3, 70, 60), False, "htj2k", "int16"),
    "over time": (whole("int16", -500, 500, 3, 4, 40, 50), False, "htj2k", "int16"),
    "labels": (whole("int32", 0, 7, 3, 70, 60), False, "htj2k", "int16"),
    "wide": (whole("int32", -100_000, 100_000, 3, 70, 60), False, "deflate", "int32"),
    "wide, unsigned": (whole("uint32", 0, 2**32 - 1, 3, 70, 60), False, "deflate", "uint32"),
    "dose": (floats("float32", 3, 70, 60), False, "deflate", "float32"),
    "doubles": (floats("float64", 3, 70, 60), False, "deflate", "float64"),
}


def stored(owner: User, array: Array, folder: Path, *, vector: bool) -> Image:
    """Store an array as an image, with what the importer finds out about its values."""
    picture = SimpleITK.GetImageFromArray(array, isVector=vector)
    path = folder / "image.mha"
    SimpleITK.WriteImage(picture, str(path), True)
    size = [*picture.GetSize(), 1][:3]
    image = Image.objects.create(
        name="Kind",
        size=size,
        timepoints=picture.GetSize()[3] if picture.GetDimension() > 3 else 1,
        components=picture.GetNumberOfComponentsPerPixel(),
        spacing=[1.0, 1.0, 1.0],
        origin=[0.0, 0.0, 0.0],
        direction=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        element_type=str(array.dtype),
        metadata={"histogram": summarize(path).histogram},
        source=Import.objects.create(owner=owner, destination="test"),
    )
    key = f"images/{image.pk}/{new_id()}.mha"
    written = get_store().put_file(path, key=key).size
    ImageFile.objects.create(image=image, kind=ImageFile.Kind.MHA, key=key, size=written)
    return image


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_shown_as_it_is(
    reader: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(preparation, "FIRST_POLL", 0.01)
    array, vector, codec, stored_type = KINDS[kind]
    image = stored(reader, array, tmp_path, vector=vector)
    channels = image.components
    shape = (-1, *array.shape[-3 if vector else -2 :])
    slices = array.reshape(shape)
    session, _ = open_session(user=reader, source="image", pk=image.pk)
    at_once = not kind.startswith("wide")
    if not at_once:  # how far its values go is not known exactly before the pack
        make_pack(image.pk)

    async def scenario() -> None:
        async with Client(session.pk, user=reader) as client:
            meta = await client.open()
            (layer,) = meta.info["layers"]
            assert (layer["codec"], layer["type"]) == (codec, stored_type)
            assert layer["components"] == channels
            assert layer["size"][2] * layer["timepoints"] == len(slices)
            finite = array[np.isfinite(array)].astype(np.float64)
            assert layer["range"] == pytest.approx(
                [finite.min(), finite.max()], rel=1e-3 if array.dtype.kind == "f" else 1e-12
            )
            full = layer["levels"] - 1
            await client.send(Want(1, (WantItem(0, 0, 0, NO_LEVEL, full, 0),)))
            await client.take_until_done(1)
            await database_sync_to_async(make_pack)(image.pk)
            while at_once:
                message = await client.take()
                if isinstance(message, Cuts) and len(message.cuts) == len(slices):
                    break
            rest = tuple(WantItem(0, 0, i, NO_LEVEL, full, 0) for i in range(1, len(slices)))
            await client.send(Want(2, rest))
            await client.take_until_done(2)
        info = (await database_sync_to_async(open_pack)(image.pk)).info
        got = [decode_slice(client.slices[0, i], info, full) for i in range(len(slices))]
        np.testing.assert_array_equal(got, slices)

    run(scenario)
