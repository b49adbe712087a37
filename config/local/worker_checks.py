"""Whether a machine can be a worker: does everything that it needs answer, and if not, what to do.

Each check returns nothing, or raises `LocalError` with a sentence and the way out. None changes
anything anywhere.
"""

import importlib.util
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import httpx
import redis
from botocore.exceptions import BotoCoreError, ClientError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.core.sqs import look_at_queues, make_client
from config.local.errors import LocalError

NEEDED = {
    "BROKER_URL": "the portal's broker, such as redis://:password@host:6379/0 or sqs://KEY:SECRET@",
    "SITE_URL": "the portal's public address, such as https://portal.example.org",
    "WORKER_TOKEN": "the same secret as the portal's own WORKER_TOKEN",
}
TOO_MUCH = ("SECRET_KEY", "DATABASE_URL", "STORAGE_URL", "DELIVERY_PRIVATE_KEY_FILE")
SKEW = 60.0  # seconds; signed addresses name the time
_PATIENCE = httpx.Timeout(10.0, connect=5.0)


@dataclass(frozen=True)
class Greeting:
    """What the portal said: where files are kept, and when it last heard of this worker."""

    storage: str
    last_seen: str


def check_variables(environ: Mapping[str, str]) -> None:
    """See that the environment has what a worker needs, and nothing that it must not know."""
    missing = [f"{name}: {what}" for name, what in NEEDED.items() if not environ.get(name)]
    if missing:
        lines = "\n  ".join(missing)
        raise LocalError(
            f"A worker needs these variables, which are not set:\n  {lines}\n"
            "The portal's administrator knows them; docs/workers.md has an example."
        )
    if known := [name for name in TOO_MUCH if environ.get(name)]:
        raise LocalError(
            f"{', '.join(known)} is set here, and a worker must not know it: it starts programs "
            f"of strangers. Without it: env {' '.join(f'-u {name}' for name in known)} make worker"
        )
    site = urlsplit(environ["SITE_URL"])
    if site.scheme not in ("http", "https") or not site.hostname:
        raise LocalError(
            f"SITE_URL={environ['SITE_URL']} is not an address: write it as people type it into a "
            "browser, with https:// or http:// in front."
        )


def trusted_certificates(home: Path, environ: Mapping[str, str]) -> Path | None:
    """Return a file with the world's certificates and that of PORTAL_CA_FILE; None without one."""
    named = environ.get("PORTAL_CA_FILE", "")
    if not named:
        return None
    own = Path(named).expanduser()
    try:
        ssl.create_default_context(cafile=own)
        content = own.read_bytes()
    except (OSError, ssl.SSLError) as error:
        raise LocalError(
            f"PORTAL_CA_FILE={named} cannot be used ({error}): it must be a PEM file with the "
            "portal's certificate, or that of whoever signed it."
        ) from error
    path = home / "run" / "trusted.pem"
    path.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + content)
    return path


class Portal:
    """The portal as a worker sees it, asked before there is a worker."""

    def __init__(self, environ: Mapping[str, str], *, trusted: Path | None) -> None:
        self.url = environ["SITE_URL"].rstrip("/")
        self._token = environ["WORKER_TOKEN"]
        given = trusted or environ.get("SSL_CERT_FILE") or certifi.where()
        self._trust = ssl.create_default_context(cafile=given)

    def check_answers(self) -> None:
        """See that a portal answers at the address, in time and by the same clock."""
        answer = self._get(f"{self.url}/healthz")
        if answer.is_redirect:
            raise LocalError(
                f"{self.url} leads to {answer.headers.get('location', 'another address')}: give "
                "that one as SITE_URL."
            )
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise LocalError(
                f"The portal does not know itself as {self.url}: use its own SITE_URL, or add this "
                "name to the portal's ALLOWED_HOSTS."
            )
        if answer.status_code != httpx.codes.OK or answer.text.strip() != "ok":
            raise LocalError(
                f"What answers at {self.url} is no portal, or it is not well "
                f"({answer.status_code}). Look at SITE_URL, and at the portal's web server."
            )
        _check_clock(answer.headers.get("date", ""))

    def greet(self, name: str) -> Greeting:
        """Say who we are; raise when the token is not the portal's."""
        answer = self._get(
            f"{self.url}/api/v1/execution/workers/",
            params={"name": name},
            headers={"Authorization": f"Bearer {self._token}"},
        )
        if answer.status_code in (401, 403):
            raise LocalError(
                "The portal does not accept this WORKER_TOKEN. It must be the portal's own (its "
                "environment, or keys/worker-token in the state folder of make demo); a portal "
                "without one lets no worker in."
            )
        if answer.status_code != httpx.codes.OK:
            raise LocalError(
                f"The portal answers a worker's greeting with {answer.status_code}. Run the same "
                "version here as there (git describe, or the portal's changelog)."
            )
        said = answer.json()
        return Greeting(str(said.get("storage") or ""), str(said.get("last_seen") or ""))

    def check_storage(self, origin: str) -> None:
        """See that the store answers to which signed addresses lead; any answer will do."""
        if not origin:
            return
        try:
            self._get(origin)
        except LocalError as error:
            raise LocalError(
                f"{error}\nInputs and results go straight to that store: a worker must reach it. "
                "Behind a firewall, open the way; if only the portal knows that name, give its "
                "STORAGE_URL a public address (docs/configuration.md)."
            ) from error

    def _get(self, url: str, **more: object) -> httpx.Response:
        try:
            with httpx.Client(verify=self._trust, timeout=_PATIENCE, trust_env=False) as client:
                return client.get(url, **more)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            raise LocalError(_why_not(url, error)) from error


def _why_not(url: str, error: Exception) -> str:
    said = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in said and "mismatch" in said:
        return f"The certificate of {url} is for another name ({said}). Use the name that it has."
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return (
            f"This machine does not trust the certificate of {url} ({said}). If it is the portal's "
            "own, copy it here and name it: PORTAL_CA_FILE=/path/portal.pem make worker"
        )
    host = urlsplit(url)
    return (
        f"{url} does not answer ({said}). Look at the address, the name service and the firewalls "
        f"between here and there: curl -v {host.scheme}://{host.netloc}/healthz"
    )


def _check_clock(date: str) -> None:
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return
    skew = abs((datetime.now(UTC) - there).total_seconds())
    if skew > SKEW:
        raise LocalError(
            f"The clocks of this machine and the portal differ by {skew:.0f} seconds; signed "
            "addresses would be refused. Set this one: timedatectl set-ntp true"
        )


def check_broker(environ: Mapping[str, str], *, queues: tuple[str, ...]) -> None:
    """See that the broker answers and has the queues."""
    url = environ["BROKER_URL"]
    scheme = urlsplit(url).scheme
    if scheme in ("redis", "rediss"):
        _check_redis(url)
    elif scheme == "sqs":
        _check_sqs(url, environ.get("SQS_QUEUES_URL", ""), queues=queues)
    else:
        raise LocalError(
            f"BROKER_URL starts with {scheme or 'nothing'}://; it must be the portal's own broker: "
            "redis://, rediss:// or sqs://."
        )


def _check_redis(url: str) -> None:
    try:
        client = redis.Redis.from_url(
            url, socket_connect_timeout=5, socket_timeout=5, retry=Retry(NoBackoff(), 0)
        )
        with client:
            client.ping()
    except redis.AuthenticationError as error:
        raise LocalError(
            f"The broker does not accept the password in BROKER_URL ({error}). Copy the portal's "
            "BROKER_URL; special characters in the password are written as %23 and the like."
        ) from error
    except (redis.RedisError, ValueError) as error:
        place = urlsplit(url)
        raise LocalError(
            f"The broker at {place.hostname}:{place.port or 6379} does not answer ({error}). It "
            "must listen on an address that this machine can reach (the private one of make demo "
            "listens on its own machine only), and firewalls must let this machine in."
        ) from error


def _check_sqs(url: str, prefix: str, *, queues: tuple[str, ...]) -> None:
    if "//" not in prefix:
        raise LocalError(
            "Set SQS_QUEUES_URL beside BROKER_URL=sqs://, the same as the portal's, such as "
            "https://sqs.eu-west-1.amazonaws.com/123456789012/hounsfield-"
        )
    if importlib.util.find_spec("pycurl") is None:
        raise LocalError("A worker on SQS needs pycurl: run make venv again.")
    try:
        states = {s.name: s for s in look_at_queues(make_client(url, prefix), prefix)}
    except (BotoCoreError, ClientError) as error:
        raise LocalError(
            f"SQS does not answer as it should ({error}). Look at the keys in BROKER_URL (or this "
            "machine's role), at SQS_QUEUES_URL, and at who may read the queues."
        ) from error
    if wrong := [f"{name} {states[name].problem}" for name in queues if states[name].problem]:
        raise LocalError(
            f"The queues are not ready: {'; '.join(wrong)}. On the portal: "
            "manage.py sqs_queues --create"
        )
