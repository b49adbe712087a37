"""Socket kinds and the JSON Schemas of their values; imports no Django."""

from app.sockets.schemas.apart import check_file_apart, faults_of_document_apart
from app.sockets.schemas.custom import UnusableSchema, check_schema, first_error
from app.sockets.schemas.documents import MOST_FAULTS, Fault, faults_of_document
from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.files import MOST_JSON, check_file
from app.sockets.schemas.kinds import KINDS, Display, SocketKind, SuperKind, get_kind
from app.sockets.schemas.plain import check_plain
from app.sockets.schemas.publishing import published_kinds, published_schema
from app.sockets.schemas.segments import MOST_SEGMENTS, check_segments, clean_segments
from app.sockets.schemas.validation import validate_value

__all__ = [
    "KINDS",
    "MOST_FAULTS",
    "MOST_JSON",
    "MOST_SEGMENTS",
    "Display",
    "Fault",
    "InvalidValue",
    "SocketKind",
    "SuperKind",
    "UnusableSchema",
    "check_file",
    "check_file_apart",
    "check_plain",
    "check_schema",
    "check_segments",
    "clean_segments",
    "faults_of_document",
    "faults_of_document_apart",
    "first_error",
    "get_kind",
    "published_kinds",
    "published_schema",
    "validate_value",
]
