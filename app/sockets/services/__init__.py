"""Verbs on sockets and values."""

from app.sockets.services.sockets import ensure_socket
from app.sockets.services.values import file_value, image_value, json_value

__all__ = ["ensure_socket", "file_value", "image_value", "json_value"]
