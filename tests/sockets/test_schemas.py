import time
from collections import Counter

import pytest

from app.sockets.schemas import (
    KINDS,
    Display,
    InvalidValue,
    SuperKind,
    UnusableSchema,
    check_schema,
    first_error,
    validate_value,
)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("STR", "text", 3),
        ("INT", 3, 3.5),
        ("FLT", 3.5, "3.5"),
        ("BOOL", True, 1),
        ("CHOI", "a", None),
    ],
)
def test_kind_decides(kind, good, bad) -> None:
    validate_value(good, kind=kind)
    with pytest.raises(InvalidValue):
        validate_value(bad, kind=kind)


def test_own_schema_is_checked_and_names_the_field() -> None:
    schema = {
        "type": "object",
        "properties": {"points": {"type": "array", "items": {"minimum": 0}}},
    }
    validate_value({"points": [1, 2]}, kind="JSON", schema=schema)
    with pytest.raises(InvalidValue, match=r"points\[1\]"):
        validate_value({"points": [1, -2]}, kind="JSON", schema=schema)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_json_are_refused(number) -> None:
    with pytest.raises(InvalidValue, match="null"):
        validate_value({"a": [number]}, kind="JSON")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\udfff"])
def test_texts_that_no_database_takes_are_refused(text: str) -> None:
    for value in ({"a": [text]}, {"a": {text: 1}}, text):
        with pytest.raises(InvalidValue, match="cannot be stored") as refused:
            validate_value(value, kind="JSON")
        str(refused.value).encode()


@pytest.mark.parametrize(
    "schema",
    [
        {"description": "a\x00b"},
        {"enum": ["\ud800"]},
        {"properties": {"\x00": {}}},
        {"minimum": float("nan")},
        {"maximum": float("inf")},
        {"const": 10**300},
    ],
)
def test_schemas_hold_only_what_can_be_stored(schema: dict[str, object]) -> None:
    with pytest.raises(UnusableSchema):
        check_schema(schema)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"items": {"enum": list(range(1000))}}, [999] * 1000),
        ({"allOf": [{"uniqueItems": True}] * 100}, list(range(10_000))),
        ({"allOf": [{"uniqueItems": True}] * 100}, [list(range(10_000))]),
    ],
    ids=["enum", "unique", "deep"],
)
def test_long_lists_in_a_schema_cost_what_they_take(schema: object, value: object) -> None:
    with pytest.raises(UnusableSchema, match="too many checks"):
        first_error(value, schema, most_steps=100_000)  # type: ignore[arg-type]


def test_depth_is_bounded() -> None:
    value: list[object] = []
    for _ in range(100):
        value = [value]
    with pytest.raises(InvalidValue, match="deeper"):
        validate_value(value, kind="JSON")


@pytest.mark.parametrize(
    "kind", [kind.key for kind in KINDS.values() if kind.super_kind is not SuperKind.VALUE]
)
def test_images_and_files_take_no_json(kind) -> None:
    with pytest.raises(InvalidValue):
        validate_value("x", kind=kind)


@pytest.mark.parametrize(
    "schema",
    [
        [],
        "x",
        {"type": 5},
        {"$ref": "#"},
        {"$ref": "file:///etc/hostname.json"},
        {"$ref": "http://127.0.0.1:9/x"},
        {"properties": {"a": {"$ref": "https://example.org/x.json"}}},
        {"definitions": {"a": {"$ref": "#/definitions/a"}}, "$ref": "#/definitions/a"},
        {"$ref": "#/definitions/missing"},
        {"pattern": "^(a+)+$"},
        {"patternProperties": {"(": {}}},
    ],
)
def test_hostile_schemas_are_refused(schema) -> None:
    with pytest.raises(UnusableSchema):
        check_schema(schema)


def test_references_inside_of_a_schema_work() -> None:
    schema = {
        "definitions": {"n": {"minimum": 0}},
        "properties": {"a": {"$ref": "#/definitions/n"}},
    }
    check_schema(schema)
    validate_value({"a": 1}, kind="JSON", schema=schema)
    with pytest.raises(InvalidValue, match="a"):
        validate_value({"a": -1}, kind="JSON", schema=schema)


def test_a_schema_that_slipped_in_reads_nothing(tmp_path) -> None:
    (tmp_path / "x.json").write_text('{"type": "string"}')
    schema = {"$ref": (tmp_path / "x.json").as_uri()}
    with pytest.raises(InvalidValue, match="cannot be applied"):
        validate_value(3, kind="JSON", schema=schema)


JSON_KINDS = [kind for kind in KINDS.values() if kind.super_kind is SuperKind.VALUE]
GEOMETRY = [kind for kind in JSON_KINDS if kind.display is Display.GEOMETRY]
VERSIONED = [kind for kind in GEOMETRY if kind.key != "ATRG"]


def test_the_kinds_of_the_reference_system_are_all_there() -> None:
    counted = Counter(kind.super_kind for kind in KINDS.values())
    assert counted == {SuperKind.VALUE: 25, SuperKind.IMAGE: 5, SuperKind.FILE: 10}


@pytest.mark.parametrize("kind", JSON_KINDS, ids=lambda kind: kind.key)
def test_every_example_fits_and_every_kind_is_described(kind) -> None:
    validate_value(kind.example, kind=kind.key)
    assert kind.description.endswith(".")


@pytest.mark.parametrize("kind", VERSIONED, ids=lambda kind: kind.key)
def test_geometry_is_closed_versioned_and_typed(kind) -> None:
    for change in (
        {"more": 1},
        {"type": "Something else"},
        {"version": {"major": 1}},
        {"version": {"major": -1, "minor": 0}},
        {"name": 3},
    ):
        with pytest.raises(InvalidValue):
            validate_value({**kind.example, **change}, kind=kind.key)
    for name in ("type", "version"):
        less = {key: value for key, value in kind.example.items() if key != name}
        with pytest.raises(InvalidValue, match=f"{name}: is missing"):
            validate_value(less, kind=kind.key)
    plain = {k: v for k, v in kind.example.items() if k not in ("name", "probability")}
    validate_value(plain, kind=kind.key)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("POIN", {"point": [1, 2]}, "point: must have at least 3 items"),
        ("POIN", {"point": [1, 2, "3"]}, r"point\[2\]: must be a number"),
        ("POIN", {"probability": 1.5}, "probability: must be at most 1"),
        ("2DBB", {"corners": [[0, 0, 0]] * 3}, "corners: must have at least 4 items"),
        ("DIST", {"end": None}, "end: must be a list"),
        ("MPOI", {"points": [{"point": [1, 2, 3]}, {}]}, r"points\[1\].point: is missing"),
        (
            "MPOI",
            {"points": [{"point": [1, 2, 3], "name": ["x"]}]},
            r"points\[0\].name: must be one of a text, null",
        ),
        ("MPOI", {"points": [{"point": [1, 2, 3], "x": 1}]}, r"points\[0\].x: is not known here"),
        ("POLY", {"groups": "a"}, "groups: must be a list"),
    ],
)
def test_messages_name_the_field_and_say_what_it_must_be(kind, change, message) -> None:
    with pytest.raises(InvalidValue, match=message):
        validate_value({**KINDS[kind].example, **change}, kind=kind)


def test_a_matrix_has_four_rows_of_four() -> None:
    with pytest.raises(InvalidValue, match="3d_affine_transform"):
        validate_value({"3d_affine_transform": [[1, 0, 0, 0]] * 3}, kind="ATRG")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": {"url": "https://example.org/data.csv"}}, "data.url"),
        ({"layer": [{"data": {"url": "/api/v1/users/"}}]}, r"layer\[0\].data.url"),
        ({"encoding": {"url": {"field": "a"}}}, "encoding.url"),
        ({"encoding": {"href": {"value": "javascript:alert(1)"}}}, "encoding.href"),
        ({"$schema": "https://vega.github.io/schema/vega/v5.json"}, "schema"),
        ({"$schema": "https://vega.github.io/schema/vega-lite/v4.json"}, "schema"),
    ],
)
def test_charts_are_vega_lite_and_fetch_nothing(change, field) -> None:
    with pytest.raises(InvalidValue, match=field):
        validate_value({**KINDS["CHART"].example, **change}, kind="CHART")


def test_a_column_of_a_chart_may_be_called_anything() -> None:
    data = {"values": [{"url": "x", "href": "y"}]}
    validate_value({**KINDS["CHART"].example, "data": data}, kind="CHART")


def test_choices_are_those_of_the_schema() -> None:
    schema = {"enum": ["Benign", "Malignant"]}
    validate_value("Benign", kind="CHOI", schema=schema)
    with pytest.raises(InvalidValue, match="must be one of “Benign”, “Malignant”"):
        validate_value("Maybe", kind="CHOI", schema=schema)
    many = {"items": schema}
    validate_value(["Benign", "Malignant"], kind="MCHO", schema=many)
    with pytest.raises(InvalidValue, match=r"\[1\]: must be one of"):
        validate_value(["Benign", "Maybe"], kind="MCHO", schema=many)
    with pytest.raises(InvalidValue, match="same item twice"):
        validate_value(["Benign", "Benign"], kind="MCHO", schema=many)


def test_long_lists_are_compared_in_one_pass() -> None:
    mixed = [n if n % 2 else str(n) for n in range(100_000)]
    started = time.process_time()
    validate_value(mixed, kind="JSON", schema={"uniqueItems": True})
    assert time.process_time() - started < 20


@pytest.mark.parametrize("same", [[1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1.0}]])
def test_equal_items_are_found_however_they_are_written(same) -> None:
    with pytest.raises(InvalidValue, match="twice"):
        validate_value(same, kind="JSON", schema={"uniqueItems": True})
    validate_value([1, True, "1", [1]], kind="JSON", schema={"uniqueItems": True})


def test_a_schema_that_doubles_its_work_is_stopped() -> None:
    again = {"properties": {"a": {"$ref": "#/definitions/a"}}}
    schema = {"definitions": {"a": {"allOf": [again, again]}}, "$ref": "#/definitions/a"}
    check_schema(schema)
    value: dict[str, object] = {}
    for _ in range(40):
        value = {"a": value}
    with pytest.raises(UnusableSchema, match="too many checks"):
        first_error(value, schema, most_steps=10_000)


def test_a_schema_that_is_endless_at_once_is_refused() -> None:
    definitions: dict[str, object] = {"d0": {}}
    for n in range(1, 30):
        ref = {"$ref": f"#/definitions/d{n - 1}"}
        definitions[f"d{n}"] = {"allOf": [ref, ref]}
    with pytest.raises(UnusableSchema, match="too many checks"):
        check_schema({"definitions": definitions, "$ref": "#/definitions/d29"})


def test_properties_may_be_called_like_keywords() -> None:
    schema = {"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}}
    check_schema(schema)
    validate_value({"pattern": "(a+)+$"}, kind="JSON", schema=schema)


def test_a_pattern_is_never_run_wherever_it_hides() -> None:
    hidden = {"$ref": "#/enum/0", "enum": [{"pattern": "^(a+)+$"}]}
    with pytest.raises(InvalidValue, match="Regular expressions"):
        validate_value("a" * 50 + "!", kind="JSON", schema=hidden)


@pytest.mark.parametrize("value", [10**400, "a\0b", {"a": -(10**400)}])
def test_what_the_database_cannot_hold_is_refused(value) -> None:
    with pytest.raises(InvalidValue):
        validate_value(value, kind="JSON")
