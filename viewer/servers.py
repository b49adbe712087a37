"""Which viewer servers there are, as the site's configuration names them.

A server is a name, the origin that browsers reach it at, and what decides who is sent there. One
without a token shares the site's database and storage; one with a token needs neither.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, field_validator

SITE = ""
"""The site's own sockets, where no server of its own is configured or none answers."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_SOCKET_SCHEMES = {"https": "wss", "http": "ws", "wss": "wss", "ws": "ws"}
SHORTEST_TOKEN = 32


class ViewerServer(BaseModel):
    """One entry of `VIEWER_SERVERS`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    origin: str
    region: str = Field("", max_length=40)
    weight: float = Field(1.0, gt=0, le=1000)
    networks: tuple[str, ...] = ()
    token: str = Field("", repr=False)

    @field_validator("name")
    @classmethod
    def _speakable(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError("A viewer server's name is lower-case letters, digits and hyphens.")
        return value

    @field_validator("origin")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        scheme = _SOCKET_SCHEMES.get(parts.scheme)
        if scheme is None or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("A viewer server's origin looks like wss://viewer.example.org")
        if "@" in parts.netloc or not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc):
            raise ValueError("A viewer server's origin is a scheme, a host and maybe a port.")
        return f"{scheme}://{parts.netloc}"

    @field_validator("networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(one, strict=False)) for one in value)

    @field_validator("token")
    @classmethod
    def _long(cls, value: str) -> str:
        if value and len(value) < SHORTEST_TOKEN:
            raise ValueError(f"A viewer server's token has at least {SHORTEST_TOKEN} characters.")
        return value

    def is_near(self, address: str) -> bool:
        """Tell whether a reader at this network address is one of those it was set up for."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in ipaddress.ip_network(one) for one in self.networks)


def checked_servers(servers: Sequence[ViewerServer], *, site: str) -> list[ViewerServer]:
    """Return the servers if they can be told apart and reached from the site's pages."""
    names = [server.name for server in servers]
    if len(set(names)) != len(names):
        raise ValueError("Each of VIEWER_SERVERS needs a name of its own.")
    tokens = [server.token for server in servers if server.token]
    if len(set(tokens)) != len(tokens):
        raise ValueError("Each of VIEWER_SERVERS that has a token needs one of its own.")
    for server in servers:
        if site.startswith("https://") and server.origin.startswith("ws://"):
            raise ValueError(
                f"Browsers open no {server.origin} from a page at {site}: use wss:// for "
                f"{server.name}."
            )
    return list(servers)


def configured_servers() -> Mapping[str, ViewerServer]:
    """Return the configured servers by name; empty where the site serves everything itself."""
    return {server.name: server for server in settings.VIEWER_SERVERS}
