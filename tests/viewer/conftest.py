"""A reader, images in a real store, and what the viewer shows of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import SimpleITK
from django.urls import reverse
from numpy.typing import NDArray

from app.accounts.models import User
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.storage import get_store
from app.images.models import Image, ImageFile, Import
from tests.factories.accounts import UserFactory
from viewer import registry
from viewer.registry import DisplaySetSource, DisplaySetView, Layer, Segment
from viewer.tasks import make_slice_pack

MakeImage = Callable[..., Image]
SEGMENTS = (Segment(1, "Nodule", "#e6484f"), Segment(2, "Vessel", "#4fb6d1"))


@pytest.fixture
def reader(db: None) -> User:
    return UserFactory()


def store_image(owner: User, array: NDArray[np.generic], folder: Path, **fields: Any) -> Image:
    """Store an array (z, y, x) as the MetaImage of an image that ``owner`` imported."""
    depth, height, width = array.shape
    source = Import.objects.create(owner=owner, destination="test")
    image = Image.objects.create(
        name=fields.pop("name", "Thorax"),
        size=[width, height, depth],
        spacing=[1.0, 1.0, 2.0],
        origin=[0.0, 0.0, 0.0],
        direction=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        element_type=str(array.dtype),
        source=source,
        **fields,
    )
    file_id = new_id()
    path = folder / f"{file_id}.mha"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path), True)
    key = f"images/{image.pk}/{file_id}.mha"
    size = get_store().put_file(path, key=key).size
    ImageFile.objects.create(id=file_id, image=image, kind=ImageFile.Kind.MHA, key=key, size=size)
    return image


@pytest.fixture
def make_image(tmp_path: Path, reader: User) -> MakeImage:
    """``make_image(array, owner=reader, **fields)``: an image in the store."""

    def make(array: NDArray[np.generic], *, owner: User = reader, **fields: Any) -> Image:
        return store_image(owner, array, tmp_path, **fields)

    return make


@pytest.fixture
def volume() -> NDArray[np.int16]:
    """A small volume, (z, y, x), with something to compress."""
    z, y, x = np.mgrid[:12, :64, :48]
    noise = np.random.default_rng(3).normal(0, 20, z.shape)
    return np.asarray(1000 * np.sin(x / 9) * np.cos(y / 7) + 10 * z + noise).astype(np.int16)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have gone to the broker: the tests take the worker's part themselves."""
    messages: list[Any] = []
    monkeypatch.setattr(
        make_slice_pack, "apply_async", lambda *, args, **_: messages.append(list(args))
    )
    return messages


@pytest.fixture
def image(make_image: MakeImage, volume: NDArray[np.int16]) -> Image:
    return make_image(volume, modality="CT", window_center=40.0, window_width=400.0)


class OverlaySource(DisplaySetSource):
    """A display set of an image with overlays; only the readers it knows may look."""

    key = "test-overlay"

    def __init__(self) -> None:
        self.sets: dict[UUID, tuple[Layer, ...]] = {}
        self.readers: set[int] = set()
        self.panel_url = ""

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        if pk not in self.sets or user.pk not in self.readers:
            raise NotFound
        return DisplaySetView(
            "Case 7", self.sets[pk], reverse("images:detail", args=[pk]), self.panel_url
        )


@pytest.fixture
def overlay_source(monkeypatch: pytest.MonkeyPatch) -> OverlaySource:
    """A source that exists for one test."""
    source = OverlaySource()
    monkeypatch.setitem(registry._sources, source.key, source)
    return source
