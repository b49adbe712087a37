"""The reference that people read, made from the schema that programs read (pure)."""

from app.api.reference.fields import Field
from app.api.reference.operations import (
    Area,
    Operation,
    Parameter,
    Reference,
    Reply,
    read_schema,
)

__all__ = [
    "Area",
    "Field",
    "Operation",
    "Parameter",
    "Reference",
    "Reply",
    "read_schema",
]
