"""What a kind of socket is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

MEBIBYTE = 2**20


class SuperKind(StrEnum):
    """How a value is held: as an image, as JSON in the database, or as a file."""

    IMAGE = "Image"
    VALUE = "Value"
    FILE = "File"


class Display(StrEnum):
    """How a value is shown to people."""

    SCALAR = "scalar"
    DATA = "data"
    CHART = "chart"
    GEOMETRY = "geometry"
    IMAGE = "image"
    PICTURE = "picture"
    DOCUMENT = "document"
    FILE = "file"


@dataclass(frozen=True)
class SocketKind:
    """One kind of socket.

    ``schema`` is the JSON Schema of a VALUE and ``check_value`` what a schema cannot say;
    ``extension`` is the ending of a FILE and ``check_file`` raises `InvalidValue` for a file whose
    content is something else; ``clean_file`` writes a copy without what the file says beside its
    content, which may be about people. ``example`` is a value that fits, or a small file's text.
    Of geometry, ``objects`` names the list in a value of many, and ``measure`` says in a word what
    people want to know of one object, such as its length.
    """

    key: str
    label: str
    super_kind: SuperKind
    schema: Mapping[str, Any] = field(default_factory=dict)
    extension: str = ""
    example: Any = None
    check_file: Callable[[Path], None] | None = None
    clean_file: Callable[[Path, Path], None] | None = None
    check_value: Callable[[Any], None] | None = None
    description: str = ""
    display: Display = Display.DATA
    icon: str = "braces"
    objects: str = ""
    measure: Callable[[Mapping[str, Any]], str] | None = None
    max_size: int = 512 * MEBIBYTE
    content_type: str = "application/octet-stream"
