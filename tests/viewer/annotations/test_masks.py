"""Masks: slice by slice in, voxel for voxel out."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from app.images.models import Image
from tests.viewer.annotations.conftest import SEGMENTS, Hand, packed
from viewer.annotations.services import publish_mask, write_mask
from viewer.annotations.slices import Grid, unpack
from viewer.models import Annotation, MaskSlice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
SitDown = Callable[..., Hand]
TURN = math.radians(25)
OBLIQUE = [
    math.cos(TURN),
    -math.sin(TURN),
    0.0,
    math.sin(TURN),
    math.cos(TURN),
    0.0,
    0.0,
    0.0,
    1.0,
]


@pytest.fixture
def oblique(image: Image) -> Image:
    """The image (48 x 64 x 12), turned, with voxels that are no cubes."""
    image.direction, image.spacing, image.origin = OBLIQUE, [0.7, 0.9, 2.5], [-31.5, 12.25, 900.0]
    image.save()
    return image


@pytest.fixture
def labels(volume: NDArray[np.int16]) -> NDArray[np.uint8]:
    """A label for every voxel, with an empty slice in the middle."""
    drawn = (volume > 300).astype("u1") + (volume > 700)
    drawn[5] = 0
    return np.asarray(drawn, "u1")


def slices(labels: NDArray[Any]) -> list[Any]:
    return [packed(one, index=index) for index, one in enumerate(labels)]


def paint(hand: Hand, labels: NDArray[Any]) -> Any:
    """Begin a mask, and paint all of it; returns the last change."""
    begun = hand.mask()
    painted = hand.change(begun["annotation"], begun["id"], slices=slices(labels))
    assert [one["status"] for one in hand.send(begun, painted)] == ["saved", "saved"]
    return painted


def read(hand: Hand, key: str, **query: Any) -> dict[int, NDArray[Any]]:
    """The slices that a client gets."""
    said = hand.get(f"{key}/mask/", **query).json()
    assert said["size"] == [48, 64, 12]
    import base64

    grid = Grid(width=48, height=64, depth=12, bits=said["bits"])
    return {
        one["index"]: unpack(base64.b64decode(one["data"]), grid=grid) for one in said["slices"]
    }


def fetched(hand: Hand, key: str, ending: str, folder: Path) -> SimpleITK.Image:
    answer = hand.get(f"{key}/mask.{ending}")
    assert answer.status_code == 200
    path = folder / f"fetched.{ending}"
    path.write_bytes(b"".join(answer.streaming_content))
    return SimpleITK.ReadImage(str(path))


class TestPainting:
    def test_what_was_painted_is_read_voxel_for_voxel(
        self, hand: Hand, labels: NDArray[np.uint8]
    ) -> None:
        key = paint(hand, labels)["annotation"]
        found = read(hand, key)
        assert sorted(found) == [index for index in range(12) if index != 5]
        assert all((found[index] == labels[index]).all() for index in found)
        assert sorted(read(hand, key, first="3", last="6")) == [3, 4, 6]

    def test_only_the_slices_that_changed_are_sent_and_read(
        self, hand: Hand, labels: NDArray[np.uint8]
    ) -> None:
        painted = paint(hand, labels)
        key = painted["annotation"]
        erased = np.zeros_like(labels[2])
        stroke = labels[7].copy()
        stroke[10:20, 5:9] = 2
        change = hand.change(
            key, painted["id"], slices=[packed(erased, index=2), packed(stroke, index=7)]
        )
        assert hand.send(change)[0]["status"] == "saved"
        since = read(hand, key, since="2")
        assert sorted(since) == [2, 7]
        assert not since[2].any()
        assert (since[7] == stroke).all()
        assert 2 not in read(hand, key)
        assert MaskSlice.objects.count() == 14
        versions = hand.get(f"{key}/versions/").json()["results"]
        assert [one["slices"] for one in versions] == [[2, 7], [*range(12)], []]

    def test_two_people_painting_at_once_is_a_conflict(
        self, sit_down: SitDown, labels: NDArray[np.uint8]
    ) -> None:
        mine, theirs = sit_down(others="edit"), sit_down(others="edit")
        begun = mine.mask()
        mine.send(begun)
        for who, status in ((theirs, "saved"), (mine, "conflict")):
            stroke = [packed(labels[3], index=3)]
            (result,) = who.send(who.change(begun["annotation"], begun["id"], slices=stroke))
            assert result["status"] == status
        assert "slices" not in result["yours"]
        assert MaskSlice.objects.count() == 1

    def test_sixteen_bits(self, hand: Hand) -> None:
        value = {"segments": [{"name": "Far", "voxel_value": 40_000}], "bits": 16}
        drawn = np.zeros((64, 48), "<u2")
        drawn[5, 6] = 40_000
        change = hand.change(
            kind="SEG", tool="brush", value=value, slices=[packed(drawn, index=11)]
        )
        assert hand.send(change)[0]["status"] == "saved"
        assert (read(hand, change["annotation"])[11] == drawn).all()

    def test_segments_that_voxels_have_stay(self, hand: Hand, labels: NDArray[np.uint8]) -> None:
        painted = paint(hand, labels)
        key, last = painted["annotation"], painted["id"]
        fewer = {"segments": SEGMENTS[:1], "bits": 8}
        (refused,) = hand.send(hand.change(key, last, value=fewer))
        assert refused["status"] == "refused"
        assert "erase" in refused["problem"]["detail"]
        (refused,) = hand.send(hand.change(key, last, value={"segments": SEGMENTS, "bits": 16}))
        assert refused["status"] == "refused"
        without = slices(labels * (labels == 1))
        renamed = {"segments": [{**SEGMENTS[0], "name": "Mass"}], "bits": 8}
        (saved,) = hand.send(hand.change(key, last, value=renamed, slices=without))
        assert saved["status"] == "saved"

    @pytest.mark.parametrize("limit", ["MOST_MASK_BYTES", "MOST_STORED_BYTES"])
    def test_a_mask_has_a_largest_size(
        self,
        hand: Hand,
        labels: NDArray[np.uint8],
        monkeypatch: pytest.MonkeyPatch,
        limit: str,
    ) -> None:
        monkeypatch.setattr(f"viewer.annotations.services.masks.{limit}", 500)
        begun = hand.mask()
        big = hand.change(begun["annotation"], begun["id"], slices=slices(labels))
        small = hand.change(begun["annotation"], begun["id"], slices=slices(labels[:1] * 0))
        results = hand.send(begun, big, small)
        assert [one["status"] for one in results] == ["saved", "refused", "saved"]
        assert results[1]["problem"]["code"] == "limit-reached"
        assert Annotation.objects.get().stored_bytes == 0

    def test_a_geometry_has_no_mask(self, hand: Hand) -> None:
        drawn = hand.draw()
        assert hand.get(f"{drawn['annotation']}/mask/").status_code == 404
        assert hand.get(f"{drawn['annotation']}/mask.mha").status_code == 404


class TestFiles:
    @pytest.mark.parametrize("ending", ["mha", "nii.gz"])
    def test_lie_where_their_image_lies(
        self,
        oblique: Image,
        hand: Hand,
        labels: NDArray[np.uint8],
        tmp_path: Path,
        ending: str,
    ) -> None:
        key = paint(hand, labels)["annotation"]
        found = fetched(hand, key, ending, tmp_path)
        assert (SimpleITK.GetArrayFromImage(found) == labels).all()
        assert found.GetSize() == (48, 64, 12)
        close = 1e-4 if ending == "nii.gz" else 1e-9  # NIfTI has single precision
        assert found.GetSpacing() == pytest.approx(oblique.spacing, abs=close)
        assert found.GetOrigin() == pytest.approx(oblique.origin, abs=close)
        assert found.GetDirection() == pytest.approx(oblique.direction, abs=close)

    def test_an_empty_mask_is_a_file_too(self, hand: Hand, tmp_path: Path) -> None:
        begun = hand.mask()
        hand.send(begun)
        found = fetched(hand, begun["annotation"], "mha", tmp_path)
        assert not SimpleITK.GetArrayFromImage(found).any()

    def test_of_a_picture_has_two_axes(self, image: Image, hand: Hand, tmp_path: Path) -> None:
        image.size, image.metadata = [48, 64, 1], {"axes": 2}
        image.save()
        drawn = np.ones((64, 48), "u1")
        begun = hand.mask(slices=[packed(drawn, index=0)])
        hand.send(begun)
        found = fetched(hand, begun["annotation"], "mha", tmp_path)
        assert found.GetSize() == (48, 64)
        assert (SimpleITK.GetArrayFromImage(found) == 1).all()

    def test_is_one_version_whatever_is_painted_meanwhile(
        self, hand: Hand, labels: NDArray[np.uint8], tmp_path: Path
    ) -> None:
        painted = paint(hand, labels)
        begun = Annotation.objects.get(pk=painted["annotation"])
        later = hand.change(begun.pk.hex, painted["id"], slices=slices(labels * 0))
        assert hand.send(later)[0]["status"] == "saved"
        write_mask(begun, tmp_path / "mask.mha")
        found = SimpleITK.ReadImage(str(tmp_path / "mask.mha"))
        assert (SimpleITK.GetArrayFromImage(found) == labels).all()

    def test_becomes_an_image_of_the_site(
        self, oblique: Image, hand: Hand, labels: NDArray[np.uint8]
    ) -> None:
        key = paint(hand, labels)["annotation"]
        made = publish_mask(Annotation.objects.get(pk=key))
        made.refresh_from_db()
        for name in ("size", "spacing", "origin", "direction"):
            assert getattr(made, name) == pytest.approx(getattr(oblique, name)), name
        assert made.metadata["histogram"]["values"] == [0, 1, 2]
        assert (made.modality, made.element_type) == ("SEG", "uint8")
