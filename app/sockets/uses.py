"""Where a socket is used: applications that use sockets say so, each to whom it may say it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.sockets.models import Socket

SHOWN = 20


@dataclass(frozen=True)
class SocketUse:
    """One use of a socket, such as an algorithm's input; ``how`` says which in a word."""

    title: str
    url: str
    how: str


Provider = Callable[[Any, Socket], list[SocketUse]]
_providers: list[Provider] = []


def register_socket_uses(provider: Provider) -> None:
    """Let ``provider(user, socket)`` name the uses that ``user`` may see, at most `SHOWN`."""
    if provider not in _providers:
        _providers.append(provider)


def uses_of(socket: Socket, *, user: Any) -> list[SocketUse]:
    """Return the uses of a socket that ``user`` may see."""
    return [use for provider in _providers for use in provider(user, socket)]
