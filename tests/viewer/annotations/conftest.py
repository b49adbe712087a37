"""A display set that two people work on, and a client that sends changes the way a browser does."""

import base64
import zlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from numpy.typing import NDArray

from app.accounts.models import User
from app.images.models import Image
from app.sockets.schemas import KINDS
from tests.factories.accounts import UserFactory
from tests.viewer.conftest import OverlaySource
from viewer.registry import DisplaySetView, Layer

LIST = "/api/v1/annotations/"
SEGMENTS = [
    {"name": "Nodule", "voxel_value": 1, "visible": True, "color": "#e6484f"},
    {"name": "Vessel", "voxel_value": 2, "visible": True, "color": "#4fb6d1"},
]


class Table(OverlaySource):
    """A display set whose readers may do different things with each other's marks."""

    key = "test-table"

    def __init__(self) -> None:
        super().__init__()
        self.others: dict[int, str] = {}
        self.values: tuple[int, ...] = ()

    def resolve(self, *, user: Any, pk: UUID) -> DisplaySetView:
        view = super().resolve(user=user, pk=pk)
        others: Any = self.others.get(user.pk, "none")
        return DisplaySetView(
            view.title, view.layers, view.back_url, others=others, values=self.values
        )


class Hand:
    """A person at the table, with a browser; keeps what it has drawn."""

    def __init__(self, user: User, image: Image, table: UUID) -> None:
        self.user, self.image, self.table = user, image, table
        self.client = Client()
        self.client.force_login(user)
        self.place = {"source": Table.key, "object": str(table)}

    def change(self, annotation: str | None = None, base: str | None = None, **said: Any) -> Any:
        """A change as a browser makes it; without a base, one that draws a distance."""
        made: dict[str, Any] = {"id": str(uuid4()), "annotation": annotation or str(uuid4())}
        if base is None:
            drawn = {"image": str(self.image.pk), "kind": "DIST", "tool": "length"}
            made |= drawn | {"value": KINDS["DIST"].example}
        return {**made, "base": base, **said}

    def mask(self, **said: Any) -> Any:
        """A change that begins a mask."""
        value = {"segments": SEGMENTS, "bits": 8}
        return self.change(kind="SEG", tool="brush", value=value, **said)

    def send(self, *changes: Any, status: int = 200) -> list[Any]:
        """Send changes; return their results."""
        answer = self.post("changes/", {**self.place, "changes": list(changes)})
        assert answer.status_code == status, answer.content
        found: list[Any] = answer.json().get("results", [])
        return found

    def draw(self, **said: Any) -> Any:
        """Draw, and return the change that was saved."""
        change = self.change(**said)
        (result,) = self.send(change)
        assert result["status"] == "saved", result
        return change

    def post(self, path: str, body: Any) -> Any:
        return self.client.post(LIST + path, body, content_type="application/json")

    def get(self, path: str = "", **query: Any) -> Any:
        return self.client.get(LIST + path, query)

    def list(self, **query: Any) -> list[Any]:
        answer = self.get(**self.place, **query)
        assert answer.status_code == 200, answer.content
        found: list[Any] = answer.json()["results"]
        return found


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    from viewer import registry

    source = Table()
    monkeypatch.setitem(registry._sources, source.key, source)
    return source


@pytest.fixture
def sit_down(table: Table, image: Image) -> Callable[..., Hand]:
    """``sit_down(others="see")``: one more person at the table of ``image``."""
    table.sets[image.pk] = (Layer(image_id=image.pk, name="Thorax"),)

    def sit(*, others: str = "none", user: User | None = None) -> Hand:
        user = user or UserFactory()
        table.readers.add(user.pk)
        table.others[user.pk] = others
        return Hand(user, image, image.pk)

    return sit


@pytest.fixture
def hand(sit_down: Callable[..., Hand]) -> Hand:
    return sit_down()


def packed(voxels: NDArray[Any], *, index: int) -> dict[str, Any]:
    """A slice as a browser sends it."""
    data = zlib.compress(voxels.tobytes())
    return {"index": index, "data": base64.b64encode(data).decode()}
