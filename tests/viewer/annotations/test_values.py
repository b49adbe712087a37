"""What may be drawn: values, frames, colors, tools."""

import copy
from typing import Any

import pytest

from app.sockets.schemas import KINDS, InvalidValue, validate_value
from viewer.annotations.grids import same_grid
from viewer.annotations.values import (
    GEOMETRY,
    SINGLE,
    clean_color,
    clean_frame,
    clean_tool,
    clean_value,
    one_of_many,
)

SEGMENTS = [{"name": "Nodule", "voxel_value": 1}, {"name": "Vessel", "voxel_value": 300}]


@pytest.mark.parametrize("kind", GEOMETRY)
def test_the_example_of_every_kind_can_be_drawn(kind: str) -> None:
    example = copy.deepcopy(KINDS[kind].example)
    assert clean_value(example, kind=kind) == KINDS[kind].example


@pytest.mark.parametrize("kind", sorted(SINGLE))
def test_one_of_many_is_a_value_of_its_own(kind: str) -> None:
    value, single = one_of_many(KINDS[kind].example, kind=kind, item=1)
    validate_value(value, kind=single)
    assert value["name"] == "Finding 2"
    with pytest.raises(InvalidValue):
        one_of_many(KINDS[kind].example, kind=kind, item=2)


@pytest.mark.parametrize("place", [1e6, -1e6, float("nan"), float("inf"), "5", None, True])
def test_places_are_numbers_near_a_body(place: Any) -> None:
    value = {**KINDS["POIN"].example, "point": [0.0, place, 0.0]}
    with pytest.raises(InvalidValue):
        clean_value(value, kind="POIN")


def test_nobody_draws_as_many_points() -> None:
    value = {**KINDS["POLY"].example, "path_points": [[1.0, 2.0, 3.0]] * 20_001}
    with pytest.raises(InvalidValue):
        clean_value(value, kind="POLY")


@pytest.mark.parametrize("kind", ["STR", "CHART", "IMG", "ATRG", "nothing"])
def test_other_kinds_cannot_be_drawn(kind: str) -> None:
    with pytest.raises(InvalidValue):
        clean_value({}, kind=kind)


def test_a_mask_has_segments_and_bits() -> None:
    found = clean_value({"segments": SEGMENTS, "bits": 16}, kind="SEG")
    assert [one["voxel_value"] for one in found["segments"]] == [1, 300]
    assert clean_value({"segments": []}, kind="SEG") == {"segments": [], "bits": 8}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"segments": SEGMENTS, "bits": 8},
        {"segments": SEGMENTS, "bits": 12},
        {"segments": SEGMENTS, "bits": True},
        {"segments": [SEGMENTS[0], SEGMENTS[0]]},
        {"segments": [], "voxels": 5},
        {"segments": [{"name": "\ud800", "voxel_value": 1}]},
    ],
)
def test_other_masks_are_refused(value: Any) -> None:
    with pytest.raises(InvalidValue):
        clean_value(value, kind="SEG")


def test_a_frame_is_a_time_point_and_two_directions() -> None:
    given = {"timepoint": 3, "normal": [0, 0.6, 0.8], "up": [1, 0, 0]}
    assert clean_frame(given) == given
    assert clean_frame(None) is None
    assert clean_frame({}) == {"timepoint": 0}


@pytest.mark.parametrize(
    "frame",
    [
        [],
        {"zoom": 2},
        {"timepoint": -1},
        {"timepoint": True},
        {"timepoint": 10**9},
        {"normal": [0, 0]},
        {"normal": [0, 0, 2]},
        {"normal": [0, 0, 1e308]},
        {"normal": [0, 0, float("nan")]},
        {"up": "up"},
    ],
)
def test_other_frames_are_refused(frame: Any) -> None:
    with pytest.raises(InvalidValue):
        clean_frame(frame)


@pytest.mark.parametrize("color", ["red", "#ff", "#ff9f1c;", None, "#FF9F1G"])
def test_other_colors_are_refused(color: Any) -> None:
    assert clean_color("#FF9F1C") == "#ff9f1c"
    with pytest.raises(InvalidValue):
        clean_color(color)


@pytest.mark.parametrize("tool", ["", "Length", "a b", "x" * 41, "../x", 5])
def test_other_tools_are_refused(tool: Any) -> None:
    assert clean_tool("point-3d") == "point-3d"
    with pytest.raises(InvalidValue):
        clean_tool(tool)


class Grid:
    def __init__(self, **changes: Any) -> None:
        self.size = [40, 30, 20]
        self.spacing = [0.5, 0.5, 3.0]
        self.origin = [-10.0, 4.0, 99.0]
        self.direction = [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0]
        self.__dict__.update(changes)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"origin": [-10.001, 4.0, 99.0]}, True),
        ({"origin": [-10.5, 4.0, 99.0]}, False),
        ({"spacing": [0.5, 0.51, 3.0]}, False),
        ({"size": [40, 30, 21]}, False),
        ({"direction": [1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0]}, False),
    ],
)
def test_grids_are_the_same_if_their_voxels_lie_at_the_same_places(
    changes: dict[str, Any], same: bool
) -> None:
    assert same_grid(Grid(), Grid(**changes)) is same
