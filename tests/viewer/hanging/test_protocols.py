"""Hanging protocols as data: what is taken, what is refused in which words, and which one fits."""

from typing import Any

import pytest
from jsonschema import Draft7Validator

from app.sockets.schemas import InvalidValue
from viewer.hanging import (
    CONTENT_SCHEMA,
    LAYOUT_SCHEMA,
    PROTOCOL_SCHEMA,
    VIEWPORTS,
    Candidate,
    Hung,
    Slot,
    check_content,
    check_layout,
    check_protocol,
    hang,
    svg_icon,
)

CT, MR, PET, LESIONS = (
    Slot("ct", "IMG"),
    Slot("mr", "IMG"),
    Slot("pet", "IMG"),
    Slot("lesions", "SEG"),
)
KINDS = {"ct": "IMG", "mr": "IMG", "lesions": "SEG", "report": "PDF", "table": "CSV", "film": "MP4"}


def named(*names: str, **options: Any) -> list[dict[str, Any]]:
    return [{"viewport_name": name, **options} for name in names]


MAIN = {
    "viewport_name": "main",
    "fullsizable": True,
    "draggable": False,
    "selectable": True,
    "linkable": True,
    "order": 0,
    "label": "T2 axial - left",
    "orientation": "axial",
    "relative_start_position": 0.25,
    "show_current_slice": True,
    "show_mouse_coordinate": False,
    "show_mouse_voxel_value": True,
    "slice_plane_indicator": "secondary",
    "slice_plane_indicator_fade_ms": 500,
}


def everything() -> list[dict[str, Any]]:
    """A protocol with every option that the reference system knows."""

    def beside(name: str, y: int, h: int, **options: Any) -> dict[str, Any]:
        place = {"x": 6, "y": y, "w": 2, "h": h, "parent_id": "main"}
        return {"viewport_name": name, **place, **options}

    return [
        {**MAIN, "x": 0, "y": 0, "w": 6, "h": 6},
        beside("secondary", 0, 3, opacity=0.4, order=2, specialized_view="clientside"),
        beside("my_map", 3, 1, specialized_view="minimap"),
        beside("side_1", 4, 1, orientation="coronal", specialized_view="3D-sideview"),
        beside("tertiary", 5, 1, specialized_view="intensity-over-time-chart"),
    ]


@pytest.mark.parametrize(
    "protocol",
    [named("main"), named(*VIEWPORTS), everything(), named("secondary", "main")],
    ids=["one", "twenty", "everything", "order does not matter"],
)
def test_taken(protocol: list[dict[str, Any]]) -> None:
    check_protocol(protocol)


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        ([], "at least 1"),
        ({}, "must be a list"),
        ("main", "must be a list"),
        ([7], "called “main”"),
        ([7, *named("main")], "must be an object"),
        (named("secondary"), "called “main”"),
        (named("main", "first"), "viewport_name"),
        (named("main", "main"), "same item twice"),
        ([*named("main"), *named("main", label="again")], "two viewports “main”"),
        ([{}, *named("main")], "[0].viewport_name: is missing"),
        (named("main", zoom=1), "zoom: is not known"),
        (named("main", x=0, y=0, w=0, h=1), "[0].w: must be at least 1"),
        (named("main", x=-1, y=0, w=1, h=1), "[0].x: must be at least 0"),
        (named("main", x=0, y=0, w=10**9, h=1), "must be at most"),
        (named("main", x=0.5, y=0, w=1, h=1), "whole number"),
        (named("main", x=0, y=0, w=1), "or for none"),
        ([*named("main"), *named("secondary", x=0, y=0, w=1, h=1)], "or for none"),
        (named("main", label="<b>"), "letters from a to z"),
        (named("main", label="a\n"), "one line"),
        (named("main", opacity=1.5), "must be at most 1"),
        (named("main", relative_start_position=-0.1), "must be at least 0"),
        (named("main", orientation="oblique"), "one of"),
        (named("main", parent_id="secondary"), "no viewport “secondary”"),
        (named("main", parent_id="main"), "not its own parent"),
        (named("main", slice_plane_indicator="main"), "not its own indicated"),
        (named("main", specialized_view="minimap"), "parent_id: is missing"),
        (
            [*named("main"), *named("x", specialized_view="3D-sideview", parent_id="main")],
            "orientation: is missing",
        ),
        (
            [
                *named("main", parent_id="secondary"),
                *named("secondary", parent_id="main"),
            ],
            "round in a circle",
        ),
        (named("main", label="\x00"), "cannot be stored"),
        (named("main", opacity=float("nan")), "not JSON"),
    ],
)
def test_refused(protocol: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words.replace("[", r"\[").replace("]", r"\]")):
        check_protocol(protocol)


@pytest.mark.parametrize("schema", [PROTOCOL_SCHEMA, CONTENT_SCHEMA, LAYOUT_SCHEMA])
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    Draft7Validator.check_schema(schema)


class TestContent:
    two = named("main", "secondary")

    @pytest.mark.parametrize(
        "content",
        [
            {},
            {"main": ["ct", "lesions"], "secondary": ["mr"]},
            {"main": ["report"], "secondary": ["lesions", "mr"]},
        ],
    )
    def test_taken(self, content: Any) -> None:
        check_content(content, protocol=self.two, kinds=KINDS)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ([], "must be an object"),
            ({"main": ["ct"]}, "Nothing lies in “secondary”"),
            ({"main": ["ct"], "secondary": ["ct"], "tertiary": ["ct"]}, "no viewport “tertiary”"),
            ({"main": ["ct", "mr"], "secondary": ["ct"]}, "one image"),
            ({"main": ["report", "ct"], "secondary": ["ct"]}, "must be alone"),
            ({"main": ["film", "ct"], "secondary": ["ct"]}, "must be alone"),
            ({"main": ["table"], "secondary": ["ct"]}, "No viewport can show"),
            ({"main": ["unknown"], "secondary": ["ct"]}, "no socket “unknown”"),
            ({"main": [], "secondary": ["ct"]}, "at least 1"),
            ({"main": ["ct", "ct"], "secondary": ["ct"]}, "same item twice"),
            ({"main": "ct", "secondary": ["ct"]}, "must be a list"),
            ({"first": ["ct"]}, "not known"),
        ],
    )
    def test_refused(self, content: Any, words: str) -> None:
        with pytest.raises(InvalidValue, match=words):
            check_content(content, protocol=self.two, kinds=KINDS)

    def test_views_of_a_parent_need_none(self) -> None:
        check_content({"main": ["ct"]}, protocol=everything(), kinds=KINDS)


def only(hung: list[Hung]) -> dict[str, tuple[str, ...]]:
    assert len(hung) == 1
    return dict(hung[0].contents)


class TestMatching:
    def test_what_is_named_lies_where_it_is_named_the_picture_first(self) -> None:
        content = {"main": ["lesions", "ct"], "secondary": ["mr"]}
        candidates = [Candidate("a", named("main", "secondary"))]
        contents = only(hang([CT, MR, LESIONS], candidates=candidates, content=content))
        assert contents == {"main": ("ct", "lesions"), "secondary": ("mr",)}

    def test_what_the_case_lacks_stays_empty(self) -> None:
        content = {"main": ["ct"], "secondary": ["mr"]}
        candidates = [Candidate("a", named("main", "secondary"))]
        (hung,) = hang([CT], candidates=candidates, content=content)
        assert (dict(hung.contents), hung.is_complete) == (
            {"main": ("ct",), "secondary": ()},
            False,
        )

    def test_three_sequences_are_dealt_out_in_order_with_the_overlay_over_each(self) -> None:
        candidates = [Candidate("a", named("main", "secondary", "tertiary"))]
        contents = only(hang([CT, MR, PET, LESIONS], candidates=candidates, content={}))
        assert contents == {
            "main": ("ct", "lesions"),
            "secondary": ("mr", "lesions"),
            "tertiary": ("pet", "lesions"),
        }

    def test_one_volume_hangs_in_three_planes(self) -> None:
        planes = [
            {"viewport_name": name, "orientation": plane}
            for name, plane in zip(VIEWPORTS, ("axial", "coronal", "sagittal"), strict=False)
        ]
        contents = only(hang([CT], candidates=[Candidate("a", planes)], content={}))
        assert contents == dict.fromkeys(VIEWPORTS[:3], ("ct",))

    def test_one_image_does_not_hang_twice_the_same_way(self) -> None:
        candidates = [Candidate("a", named("main", "secondary"))]
        assert only(hang([CT], candidates=candidates, content={})) == {"main": ("ct",)}

    def test_views_of_a_parent_show_what_it_shows(self) -> None:
        contents = only(hang([CT], candidates=[Candidate("a", everything())], content={}))
        assert contents == dict.fromkeys(
            ("main", "secondary", "my_map", "side_1", "tertiary"), ("ct",)
        )

    def test_the_default_is_taken_if_it_is_filled_else_the_first_that_is(self) -> None:
        candidates = [
            Candidate("three", named("main", "secondary", "tertiary")),
            Candidate("two", named("main", "secondary")),
            Candidate("one", named("main")),
        ]
        content = {"main": ["ct"], "secondary": ["mr"], "tertiary": ["pet"]}

        def order(*slots: Slot) -> list[str]:
            return [one.key for one in hang(slots, candidates=candidates, content=content)]

        assert order(CT, MR, PET) == ["three", "two", "one"]
        assert order(CT, MR) == ["two", "three", "one"]
        assert order(CT) == ["one", "three", "two"]
        assert order() == ["three", "two", "one"]

    def test_without_protocols_nothing_hangs(self) -> None:
        assert hang([CT], candidates=[], content={"main": ["ct"]}) == []


class TestIcon:
    def test_boxes_lie_in_the_picture(self) -> None:
        drawn = svg_icon(everything())
        assert drawn.count("<rect") == 5
        assert 'width="32" height="18"' in drawn

    def test_without_places_they_stand_side_by_side(self) -> None:
        assert svg_icon(named("main", "secondary")).count('height="16.40"') == 2


class TestLayout:
    good = {
        "protocol": None,
        "offered": None,
        "rows": 2,
        "columns": 1,
        "panes": [{"socket": "ct", "orientation": "axial", "place": None}],
        "links": {"scroll": True},
    }

    def test_taken(self) -> None:
        check_layout(self.good)

    @pytest.mark.parametrize(
        "change",
        [
            {"rows": 4},
            {"panes": []},
            {"panes": [{"socket": "ct"}]},
            {"panes": [{"socket": "ct", "orientation": "axial"}] * 41},
            {"links": {"all": True}},
            {"script": "x"},
            {"protocol": "p" * 37},
        ],
    )
    def test_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(InvalidValue):
            check_layout({**self.good, **change})
