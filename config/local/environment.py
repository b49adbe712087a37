"""The environment that the portal's processes get: what was given, completed for one machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.local.errors import LocalError
from config.local.home import kept_secret
from config.local.tls import trusted_file
from config.settings.environment import Environment

HIGHEST_PORT = 65535
FOR_WORKERS = (
    *("BROKER_URL", "SITE_URL", "WORKER_TOKEN", "DOCKER_HOST", "CONTAINER_RUNTIME", "LOG_LEVEL"),
    *(
        "SQS_QUEUES_URL",
        "WORKER_CPUS",
        "WORKER_MEMORY_MB",
        "WORKER_GPUS",
        "WORKER_GRACE_SECONDS",
        "LEASE_SECONDS",
        "VISIBILITY_SECONDS",
        "DOCKER_TLS_VERIFY",
        "DOCKER_CERT_PATH",
        "SSL_CERT_FILE",
    ),
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"),
)
BESIDE_SETTINGS = ("DJANGO_SETTINGS_MODULE", "HOUNSFIELD_DATA", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Address:
    """Where the web server listens."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Address":
        """Read HOST, PORT and TLS; raise `LocalError` for a PORT that is none."""
        port = environ.get("PORT") or "8000"
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= HIGHEST_PORT):
            raise LocalError(f"PORT={port} is not a port: choose a number from 1 to 65535.")
        tls = environ.get("TLS", "") not in ("", "0")
        return cls(host=environ.get("HOST") or "127.0.0.1", port=int(port), tls=tls)

    @property
    def local_url(self) -> str:
        """The address for a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 -- a comparison
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"


def portal_variables(
    environ: Mapping[str, str], *, home: Path, address: Address, servers: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of the portal; what the environment names is kept as it is.

    `servers` are the addresses that were found or started (DATABASE_URL, DOCKER_HOST, …); an empty
    value says that there is no such server.
    """
    defaults = {
        "DJANGO_SETTINGS_MODULE": "config.settings.default",
        "HOUNSFIELD_HOME": str(home),
        "HOST": address.host,
        "PORT": str(address.port),
        "SITE_URL": address.local_url,
        "SECRET_KEY": kept_secret(home, "secret-key"),
        "WORKER_TOKEN": kept_secret(home, "worker-token"),
        "STORAGE_URL": f"file://{home / 'media'}",
        "DEMO_PASSWORD": Environment.model_fields["demo_password"].default,
    }
    if address.tls:  # the workers fetch inputs from the portal itself
        defaults["SSL_CERT_FILE"] = str(trusted_file(home))
    settings = [name.upper() for name in Environment.model_fields]
    given = {name: environ[name] for name in (*settings, *BESIDE_SETTINGS) if environ.get(name)}
    return {**defaults, **given, "HOUNSFIELD_HOME": str(home), **servers}


def worker_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a job worker gets: nothing that opens the database, the storage or a session.

    Its state folder is one of its own, so that it has no business in the portal's.
    """
    given = {name: environ[name] for name in FOR_WORKERS if environ.get(name)}
    return {
        **given,
        "DJANGO_SETTINGS_MODULE": "config.settings.worker",
        "HOUNSFIELD_HOME": str(Path(environ["HOUNSFIELD_HOME"]) / "worker"),
    }
