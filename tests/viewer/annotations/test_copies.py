"""Editable starts: what an algorithm or a colleague made, copied to be one's own."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.storage import get_store
from app.images.models import Image
from app.sockets.models import SocketValue
from app.sockets.schemas import KINDS
from app.sockets.services import ensure_socket, file_value, image_value, json_value
from tests.viewer.annotations.conftest import SEGMENTS, Hand, Table, packed
from tests.viewer.annotations.test_masks import read
from tests.viewer.conftest import MakeImage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
SitDown = Callable[..., Hand]


def copy(hand: Hand, *, status: int = 201, **of: Any) -> Any:
    keys = {"id": str(uuid4()), "annotation": str(uuid4())}
    answer = hand.post("copies/", {**hand.place, **keys, "of": of})
    assert answer.status_code == status, answer.content
    return answer.json()


@pytest.fixture
def give(table: Table) -> Callable[[SocketValue], SocketValue]:
    """Put a value on the table."""

    def put(value: SocketValue) -> SocketValue:
        table.values = (*table.values, value.pk)
        return value

    return put


@pytest.fixture
def points(give: Any) -> SocketValue:
    socket = ensure_socket(
        slug="nodules", title="Nodules", kind="MPOI", relative_path="nodules.json"
    )
    found: SocketValue = give(json_value(socket=socket, value=KINDS["MPOI"].example))
    return found


@pytest.fixture
def segment(give: Any, make_image: MakeImage) -> Callable[..., SocketValue]:
    """``segment(array)``: an algorithm's segmentation on the grid of the image."""

    def make(array: NDArray[Any], **fields: Any) -> SocketValue:
        segments = fields.pop("segments", SEGMENTS)
        socket = ensure_socket(
            slug="found",
            title="Found",
            kind="SEG",
            relative_path="images/found",
            segments=segments,
        )
        labels = [int(label) for label in np.unique(array)]
        metadata = {"histogram": {"values": labels}}
        image = make_image(array, metadata=metadata, **fields)
        found: SocketValue = give(image_value(socket=socket, image=image))
        return found

    return make


class TestOfAnAnnotation:
    def test_is_the_copiers_own_and_knows_where_it_comes_from(self, sit_down: SitDown) -> None:
        reader, editor = sit_down(), sit_down(others="see")
        drawn = reader.draw(label="Nodule", color="#ff0000")
        made = copy(editor, annotation=drawn["annotation"])
        assert made["author"] == editor.user.username
        assert made["copied_from"] == {"annotation": drawn["annotation"]}
        assert (made["value"], made["label"]) == (drawn["value"], "Nodule")
        assert (made["version"], made["may_change"]) == (1, True)
        change = editor.change(made["pk"], made["revision"], label="Mine")
        assert editor.send(change)[0]["status"] == "saved"
        assert [one["label"] for one in reader.list()] == ["Nodule"]

    def test_of_a_mask_has_its_voxels(self, sit_down: SitDown) -> None:
        reader, editor = sit_down(), sit_down(others="see")
        drawn = np.eye(64, 48, dtype="u1")
        begun = reader.mask(slices=[packed(drawn, index=4), packed(drawn * 0, index=5)])
        reader.send(begun)
        made = copy(editor, annotation=begun["annotation"])
        found = read(editor, made["pk"])
        assert [*found] == [4]
        assert (found[4] == drawn).all()

    def test_needs_sight_of_it(self, sit_down: SitDown) -> None:
        drawn = sit_down().draw()
        copy(sit_down(), annotation=drawn["annotation"], status=404)


class TestOfAValue:
    def test_a_geometry_whole_or_one_object_of_it(
        self, hand: Hand, image: Image, points: SocketValue
    ) -> None:
        whole = copy(hand, value=points.pk, image=str(image.pk))
        assert (whole["kind"], whole["value"]) == ("MPOI", KINDS["MPOI"].example)
        one = copy(hand, value=points.pk, image=str(image.pk), item=1)
        assert (one["kind"], one["value"]["type"], one["label"]) == ("POIN", "Point", "Finding 2")
        assert one["copied_from"] == {"value": points.pk}
        copy(hand, value=points.pk, image=str(image.pk), item=2, status=400)

    def test_a_geometry_that_is_kept_as_a_file(self, hand: Hand, image: Image, give: Any) -> None:
        socket = ensure_socket(
            slug="many", title="Many", kind="MPOI", relative_path="many.json", as_file=True
        )
        content = json.dumps(KINDS["MPOI"].example).encode()
        get_store().put_bytes(content, key="values/many.json")
        value = file_value(socket=socket, file_key="values/many.json", file_size=len(content))
        give(value)
        made = copy(hand, value=value.pk, image=str(image.pk), item=0)
        assert (made["kind"], made["label"]) == ("POIN", "Finding 1")
        get_store().delete("values/many.json")
        copy(hand, value=value.pk, image=str(image.pk), status=400)

    def test_a_segmentation_voxel_for_voxel(
        self, hand: Hand, image: Image, volume: NDArray[Any], segment: Any
    ) -> None:
        labels = ((volume > 300).astype("u1") + (volume > 700)).astype("i2")
        labels[4] = 0
        value = segment(labels)
        made = copy(hand, value=value.pk, image=str(image.pk))
        assert made["value"] == {"segments": SEGMENTS, "bits": 8}
        found = read(hand, made["pk"])
        assert sorted(found) == [index for index in range(12) if labels[index].any()]
        assert all((found[index] == labels[index]).all() for index in found)

    def test_high_labels_have_sixteen_bits(
        self, hand: Hand, image: Image, volume: NDArray[Any], segment: Any
    ) -> None:
        labels = (volume > 700).astype("u2") * 300
        value = segment(labels, segments=[{"name": "Far", "voxel_value": 300}])
        made = copy(hand, value=value.pk, image=str(image.pk))
        assert made["value"]["bits"] == 16
        assert (read(hand, made["pk"])[3] == labels[3]).all()

    def test_a_segmentation_elsewhere_is_refused_in_words(
        self, hand: Hand, image: Image, volume: NDArray[Any], segment: Any
    ) -> None:
        value = segment((volume > 300).astype("u1"))
        Image.objects.filter(pk=value.image_id).update(origin=[0.0, 0.0, 1.0])
        said = copy(hand, value=value.pk, image=str(image.pk), status=400)
        assert "another grid" in said["detail"]
        assert hand.list() == []

    @pytest.mark.parametrize("wrong", [0.5, -1.0, float("nan")])
    def test_voxels_that_are_no_labels(
        self, hand: Hand, image: Image, volume: NDArray[Any], segment: Any, wrong: float
    ) -> None:
        labels = (volume > 300).astype("f4")
        value = segment(labels * 1)
        labels[2, 3, 4] = wrong
        from app.images.models import ImageFile

        replace(ImageFile.objects.get(image=value.image), labels)
        said = copy(hand, value=value.pk, image=str(image.pk), status=400)
        assert "whole numbers" in said["detail"]

    def test_values_that_are_not_on_the_table(
        self, hand: Hand, image: Image, table: Table, points: SocketValue
    ) -> None:
        table.values = ()
        copy(hand, value=points.pk, image=str(image.pk), status=404)
        assert hand.get("starts/", **hand.place).json() == []

    def test_asking_again_answers_what_was_made(
        self, hand: Hand, sit_down: SitDown, image: Image, points: SocketValue
    ) -> None:
        keys = {"id": str(uuid4()), "annotation": str(uuid4())}
        body = {**hand.place, **keys, "of": {"value": points.pk, "image": str(image.pk)}}
        first, again = hand.post("copies/", body), hand.post("copies/", body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert len(hand.list()) == 1
        assert sit_down().post("copies/", body).status_code == 400

    @pytest.mark.parametrize("of", [{}, {"value": 1}, {"annotation": "x"}, {"value": -1}, 7])
    def test_an_origin_that_is_none(self, hand: Hand, of: Any) -> None:
        keys = {"id": str(uuid4()), "annotation": str(uuid4())}
        assert hand.post("copies/", {**hand.place, **keys, "of": of}).status_code == 400

    def test_starts_name_what_fits_where(
        self,
        hand: Hand,
        image: Image,
        volume: NDArray[Any],
        points: SocketValue,
        segment: Any,
        give: Any,
    ) -> None:
        value = segment((volume > 300).astype("u1"))
        text = ensure_socket(slug="text", title="Text", kind="STR", relative_path="text.json")
        give(json_value(socket=text, value="nothing to draw"))
        said = hand.get("starts/", **hand.place).json()
        assert [(one["value"], one["kind"], one["items"]) for one in said] == [
            (points.pk, "MPOI", 2),
            (value.pk, "SEG", None),
        ]
        assert all(str(image.pk) in one["images"][0] for one in said)


def replace(file: Any, array: NDArray[Any]) -> None:
    """Put other voxels where a file lies."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import SimpleITK

    with TemporaryDirectory() as folder:
        path = Path(folder) / "other.mha"
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path), True)
        get_store().put_file(path, key=file.key)
