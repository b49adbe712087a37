"""Verbs on sockets and values."""

from app.sockets.services.given import (
    Destination,
    GivenValue,
    imported_value,
    pending,
    put_values,
    take_values,
)
from app.sockets.services.sockets import create_socket, ensure_socket, require_places
from app.sockets.services.values import file_value, image_value, json_value

__all__ = [
    "Destination",
    "GivenValue",
    "create_socket",
    "ensure_socket",
    "file_value",
    "image_value",
    "imported_value",
    "json_value",
    "pending",
    "put_values",
    "require_places",
    "take_values",
]
