"""Identifiers: UUID version 7, made in Python, so that keys sort by the time they were made."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562)."""
    return _uuid7()
