"""Sockets and their values."""

from app.sockets.models.socket import Socket
from app.sockets.models.value import SocketValue

__all__ = ["Socket", "SocketValue"]
