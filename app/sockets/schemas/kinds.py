"""The kinds of sockets: what a value of each must look like.

Keys and labels are those of the public grand-challenge API, because clients exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class SuperKind(StrEnum):
    """How a value is held: as an image, as JSON in the database, or as a file."""

    IMAGE = "Image"
    VALUE = "Value"
    FILE = "File"


@dataclass(frozen=True)
class SocketKind:
    """One kind of socket.

    ``schema`` is the JSON Schema of a VALUE; ``extension`` the ending of a FILE.
    """

    key: str
    label: str
    super_kind: SuperKind
    schema: Mapping[str, Any] = field(default_factory=dict)
    extension: str = ""


_POINT = {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}
_BOX = {
    "type": "object",
    "properties": {
        "type": {"enum": ["2D bounding box"]},
        "name": {"type": ["string", "null"]},
        "corners": {"type": "array", "items": _POINT, "minItems": 4, "maxItems": 4},
        "version": {
            "type": "object",
            "properties": {"major": {"type": "integer"}, "minor": {"type": "integer"}},
            "required": ["major", "minor"],
        },
    },
    "required": ["type", "corners", "version"],
}

_ALL = [
    SocketKind("IMG", "Image", SuperKind.IMAGE),
    SocketKind("SEG", "Segmentation", SuperKind.IMAGE),
    SocketKind("HMAP", "Heat Map", SuperKind.IMAGE),
    SocketKind("DCIS", "DICOM Image Set", SuperKind.IMAGE),
    SocketKind("STR", "String", SuperKind.VALUE, {"type": "string", "maxLength": 100_000}),
    SocketKind("INT", "Integer", SuperKind.VALUE, {"type": "integer"}),
    SocketKind("FLT", "Float", SuperKind.VALUE, {"type": "number"}),
    SocketKind("BOOL", "Bool", SuperKind.VALUE, {"type": "boolean"}),
    SocketKind("JSON", "Anything", SuperKind.VALUE),
    SocketKind("CHOI", "Choice", SuperKind.VALUE, {"type": "string"}),
    SocketKind("2DBB", "2D bounding box", SuperKind.VALUE, _BOX),
    SocketKind("CSV", "CSV file", SuperKind.FILE, extension=".csv"),
    SocketKind("PDF", "PDF file", SuperKind.FILE, extension=".pdf"),
    SocketKind("ZIP", "ZIP file", SuperKind.FILE, extension=".zip"),
]
KINDS: Mapping[str, SocketKind] = {kind.key: kind for kind in _ALL}


def get_kind(key: str) -> SocketKind:
    """Return the kind with this key; raise ``KeyError`` for an unknown one."""
    return KINDS[key]
