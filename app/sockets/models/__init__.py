"""Sockets and their values."""

from app.sockets.models.look_up_table import LookUpTable
from app.sockets.models.socket import Socket
from app.sockets.models.value import SocketValue

__all__ = ["LookUpTable", "Socket", "SocketValue"]
