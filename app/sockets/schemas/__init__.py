"""Socket kinds and the JSON Schemas of their values; imports no Django."""

from app.sockets.schemas.custom import UnusableSchema, check_schema, first_error
from app.sockets.schemas.kinds import KINDS, SocketKind, SuperKind, get_kind
from app.sockets.schemas.validation import InvalidValue, validate_value

__all__ = [
    "KINDS",
    "InvalidValue",
    "SocketKind",
    "SuperKind",
    "UnusableSchema",
    "check_schema",
    "first_error",
    "get_kind",
    "validate_value",
]
