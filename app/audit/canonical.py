"""One spelling for each event, and the hash that chains it to the one before.

The spelling is a JSON array: the format's number, then every column of the row in the order of
`COLUMNS`. It is made of what PostgreSQL says: ``data`` in the one text form that ``jsonb`` has
(all digits, sorted keys), ``at`` as microseconds since 1970. A later release that adds a column
keeps format 1 for rows that were sealed before it.
"""

import hashlib
import json
from typing import NamedTuple

FORMAT = 1
GENESIS = bytes(32)
"""What stands in for the hash before the first."""

COLUMNS = (
    "id",
    "at",
    "name",
    "actor_id",
    "object_type",
    "object_id",
    "request_id",
    "address",
    "data",
)
_MICROSECONDS = "(extract(epoch FROM at) * 1000000)::bigint"
SELECT = (
    f"SELECT id, {_MICROSECONDS}, name, actor_id, object_type, object_id, request_id, address, "  # noqa: S608 -- constants
    "data::text FROM audit_event"
)
"""Reads rows as `Row` spells them; add a condition and ``ORDER BY id``."""


class Row(NamedTuple):
    """An event as it is hashed; ``at`` in microseconds, ``data`` as text."""

    id: int
    at: int
    name: str
    actor_id: int | None
    object_type: str
    object_id: str
    request_id: str
    address: str
    data: str


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def canonical(row: Row) -> bytes:
    """Return the one spelling of the event."""
    return _encode((FORMAT, *row)).encode("utf-8", "surrogatepass")


def chained(previous: bytes, row: Row) -> bytes:
    """Return SHA-256 over the previous hash and the event."""
    return hashlib.sha256(previous + canonical(row)).digest()
