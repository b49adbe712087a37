import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from app.sockets.schemas import KINDS, published_kinds, published_schema

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"


def test_the_committed_schemas_are_those_of_the_code() -> None:
    committed = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    assert committed == published_kinds(), "run: manage.py socket_schemas"


@pytest.mark.parametrize("schema", published_kinds().values(), ids=lambda s: s["title"])
def test_schemas_stand_alone_and_take_their_examples(schema: dict) -> None:
    Draft7Validator.check_schema(schema)
    for example in schema["examples"]:
        Draft7Validator(schema).validate(example)


def test_own_rules_come_along_with_their_references() -> None:
    own = {
        "definitions": {"low": {"properties": {"probability": {"maximum": 0.5}}}},
        "$ref": "#/definitions/low",
    }
    schema = published_schema(KINDS["POIN"], own=own, examples=[])
    example = KINDS["POIN"].example
    Draft7Validator(schema).validate({**example, "probability": 0.4})
    with pytest.raises(ValidationError):
        Draft7Validator(schema).validate({**example, "probability": 0.6})
    with pytest.raises(ValidationError):
        Draft7Validator(schema).validate({**example, "point": []})
