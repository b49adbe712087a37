import numpy as np
import pytest
import SimpleITK

from app.core.errors import ValidationFailed
from app.images.services import labels_of
from app.images.services.summary import summarize
from app.sockets.schemas import InvalidValue, check_segments, clean_segments
from app.sockets.services import ensure_socket, image_value
from tests.factories.images import add_file, make_image

SEGMENTS = [{"name": "Liver", "voxel_value": 1}, {"name": "Tumor", "voxel_value": 2}]


def test_segments_are_completed() -> None:
    cleaned = clean_segments([{**SEGMENTS[0], "color": "#FF9F1C"}, SEGMENTS[1]])
    assert cleaned == [
        {"name": "Liver", "voxel_value": 1, "visible": True, "color": "#ff9f1c"},
        {"name": "Tumor", "voxel_value": 2, "visible": True},
    ]


@pytest.mark.parametrize(
    ("segments", "field"),
    [
        ({}, ""),
        ([3], "[0]"),
        ([{"name": "Liver"}], "[0].voxel_value"),
        ([{"name": "Liver", "voxel_value": True}], "[0].voxel_value"),
        ([{"name": "Liver", "voxel_value": -1}], "[0].voxel_value"),
        ([{"name": " ", "voxel_value": 1}], "[0].name"),
        ([SEGMENTS[0], {**SEGMENTS[1], "voxel_value": 1}], "[1].voxel_value"),
        ([SEGMENTS[0], {**SEGMENTS[1], "name": "Liver"}], "[1].name"),
        ([{**SEGMENTS[0], "color": "red;background:url(x)"}], "[0].color"),
        ([{**SEGMENTS[0], "visible": "yes"}], "[0].visible"),
        ([{**SEGMENTS[0], "other": 1}], "[0].other"),
        ([{"name": str(n), "voxel_value": n} for n in range(65)], ""),
    ],
)
def test_messages_name_the_segment(segments, field) -> None:
    with pytest.raises(InvalidValue) as caught:
        clean_segments(segments)
    assert caught.value.field == field


def test_labels_must_be_declared_but_for_the_background() -> None:
    check_segments([0, 1, 2], SEGMENTS)
    check_segments([], SEGMENTS)
    check_segments([7], [])
    with pytest.raises(InvalidValue, match="values 3, 9"):
        check_segments([0, 1, 3, 9], SEGMENTS)


def test_a_segmentation_becomes_a_value_only_with_declared_labels(db: None) -> None:
    socket = ensure_socket(
        slug="liver",
        title="Liver",
        kind="SEG",
        relative_path="images/liver",
        segments=clean_segments(SEGMENTS),
    )
    good = make_image(metadata={"histogram": {"values": [0, 2]}})
    assert image_value(socket=socket, image=good).image == good
    bad = make_image(metadata={"histogram": {"values": [0, 3]}})
    with pytest.raises(ValidationFailed, match="voxel values 3"):
        image_value(socket=socket, image=bad)
    probabilities = make_image(metadata={"histogram": {"values": None}})
    with pytest.raises(ValidationFailed, match="whole numbers"):
        image_value(socket=socket, image=probabilities)


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_labels_are_counted_when_an_image_is_stored(tmp_path, kind) -> None:
    pixels = np.zeros((4, 8, 8), dtype=kind)
    pixels[1, 2, 3], pixels[3] = 2, 40
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(pixels), str(tmp_path / "mask.mha"))
    found = summarize(tmp_path / "mask.mha").histogram
    assert found is not None
    assert found["values"] == [0, 2, 40]


@pytest.mark.parametrize("pixels", [np.arange(400), np.arange(400) / 2])
def test_a_scan_has_no_labels(tmp_path, pixels) -> None:
    volume = pixels.reshape(4, 10, 10).astype("int16" if pixels.dtype == int else "float32")
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(volume), str(tmp_path / "scan.mha"))
    found = summarize(tmp_path / "scan.mha").histogram
    assert found is not None
    assert found["values"] is None


def test_labels_of_older_images_are_counted_from_the_file(db: None, tmp_path) -> None:
    mask = SimpleITK.GetImageFromArray(np.ones((2, 4, 4), dtype=np.uint8) * 5)
    SimpleITK.WriteImage(mask, str(tmp_path / "mask.mha"))
    image = make_image()
    image.files.filter(kind="MHA").delete()
    add_file(image, kind="MHA", content=(tmp_path / "mask.mha").read_bytes())
    assert labels_of(image) == [5]
