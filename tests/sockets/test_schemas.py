import pytest

from app.sockets.schemas import (
    KINDS,
    InvalidValue,
    SuperKind,
    UnusableSchema,
    check_schema,
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
