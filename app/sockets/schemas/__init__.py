"""Socket kinds and the JSON Schemas of their values; imports no Django."""

from app.sockets.schemas.custom import UnusableSchema, check_schema, first_error
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.files import check_file
from app.sockets.schemas.kinds import KINDS, Display, SocketKind, SuperKind, get_kind
from app.sockets.schemas.segments import check_segments, clean_segments
from app.sockets.schemas.validation import validate_value

__all__ = [
    "KINDS",
    "Display",
    "InvalidValue",
    "SocketKind",
    "SuperKind",
    "UnusableSchema",
    "check_file",
    "check_schema",
    "check_segments",
    "clean_segments",
    "first_error",
    "get_kind",
    "validate_value",
]
