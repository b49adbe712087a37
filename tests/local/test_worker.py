"""What `make worker` looks at first: each thing that may be wrong is said with what to do."""

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from config.local.errors import LocalError
from config.local.home import REPOSITORY, prepare
from config.local.tls import certificate_file, ensure_certificate, key_file
from config.local.worker import has_gpus, wanted_processes
from config.local.worker_checks import Portal, check_broker, check_variables, trusted_certificates

GIVEN = {
    "BROKER_URL": "redis://127.0.0.1:1/0",
    "SITE_URL": "http://127.0.0.1:1",
    "WORKER_TOKEN": "secret",
}


class Answers(BaseHTTPRequestHandler):
    """A portal of two addresses, as the test wants it."""

    health: tuple[int, str] = (200, "ok\n")
    clock: float | None = None

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == "Bearer secret"
        if self.path == "/healthz":
            self._answer(*self.health)
        elif self.path.startswith("/api/v1/execution/workers/"):
            self._answer(*((200, '{"storage": "", "last_seen": null}') if known else (401, "")))
        else:
            self._answer(404, "")

    def _answer(self, status: int, body: str) -> None:
        self.send_response_only(status)
        self.send_header("Date", formatdate(self.clock, usegmt=True))
        if status == 301:
            self.send_header("Location", body)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def portal(*, tls: Path | None = None, host: str = "127.0.0.1", **looks: Any) -> Iterator[str]:
    handler = type("Handler", (Answers,), looks)
    with ThreadingHTTPServer((host, 0), handler) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate_file(tls), key_file(tls))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"{'https' if tls else 'http'}://{host}:{server.server_address[1]}"
        finally:
            server.shutdown()


def asked(url: str, *, token: str = "secret", trusted: Path | None = None) -> None:
    found = Portal({"SITE_URL": url, "WORKER_TOKEN": token}, trusted=trusted)
    found.check_answers()
    greeting = found.greet("jobs@here")
    found.check_storage(greeting.storage)


def test_a_portal_that_is_well_is_nothing_to_speak_of() -> None:
    with portal() as url:
        asked(url)
        asked(f"{url}/")


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        ({"health": (200, "It works!")}, "is no portal"),
        ({"health": (503, "")}, r"not well \(503\)"),
        ({"health": (301, "https://portal.example.org/healthz")}, "leads to https://portal"),
        ({"health": (400, "")}, "ALLOWED_HOSTS"),
        ({"clock": 1e9}, "timedatectl"),
    ],
)
def test_what_is_wrong_with_a_portal_is_said(looks: dict[str, Any], said: str) -> None:
    with portal(**looks) as url, pytest.raises(LocalError, match=said):
        asked(url)


def test_a_wrong_token_is_said() -> None:
    with portal() as url, pytest.raises(LocalError, match="does not accept this WORKER_TOKEN"):
        asked(url, token="wrong")


def test_nobody_there() -> None:
    with pytest.raises(
        LocalError, match=r"does not answer .*curl -v http://127\.0\.0\.1:1/healthz"
    ):
        asked("http://127.0.0.1:1")


def test_a_store_that_cannot_be_reached_is_said() -> None:
    with portal() as url:
        found = Portal({"SITE_URL": url, "WORKER_TOKEN": "secret"}, trusted=None)
        with pytest.raises(LocalError, match="Inputs and results go straight to that store"):
            found.check_storage("http://127.0.0.1:1")
        found.check_storage(url)


def test_a_certificate_of_the_portals_own_is_named_to_be_trusted(tmp_path: Path) -> None:
    theirs, ours = prepare(tmp_path / "portal"), prepare(tmp_path / "worker")
    ensure_certificate(theirs)
    with portal(tls=theirs) as url:
        with pytest.raises(LocalError, match=r"PORTAL_CA_FILE=/path/portal\.pem make worker"):
            asked(url)
        named = {"PORTAL_CA_FILE": str(certificate_file(theirs))}
        trusted = trusted_certificates(ours, named)
        assert trusted is not None
        assert trusted.read_text().count("BEGIN CERTIFICATE") > 50, "and the world's are kept"
        asked(url, trusted=trusted)
    with (
        portal(tls=theirs, host="127.0.0.2") as url,
        pytest.raises(LocalError, match="is for another name"),
    ):
        asked(url, trusted=trusted)


def test_a_certificate_file_that_is_none_is_said(tmp_path: Path) -> None:
    home = prepare(tmp_path / "worker")
    (tmp_path / "text").write_text("no certificate")
    for name in ("text", "missing"):
        with pytest.raises(LocalError, match="must be a PEM file"):
            trusted_certificates(home, {"PORTAL_CA_FILE": str(tmp_path / name)})
    assert trusted_certificates(home, {}) is None


def test_variables() -> None:
    check_variables(GIVEN)
    with pytest.raises(LocalError) as caught:
        check_variables({"SITE_URL": "http://x"})
    assert "BROKER_URL" in str(caught.value)
    assert "WORKER_TOKEN" in str(caught.value)
    assert "SITE_URL" not in str(caught.value)
    with pytest.raises(LocalError, match="env -u DATABASE_URL make worker"):
        check_variables({**GIVEN, "DATABASE_URL": "postgresql://"})
    with pytest.raises(LocalError, match="is not an address"):
        check_variables({**GIVEN, "SITE_URL": "portal.example.org"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"BROKER_URL": "redis://127.0.0.1:1/0"}, r"127\.0\.0\.1:1 does not answer"),
        ({"BROKER_URL": "amqp://x"}, "starts with amqp://"),
        ({"BROKER_URL": "sqs://k:s@"}, "Set SQS_QUEUES_URL"),
        ({"BROKER_URL": "sqs://k:s@", "SQS_QUEUES_URL": "http://127.0.0.1:1/1/h-"}, "SQS does not"),
    ],
)
def test_brokers(given: dict[str, str], said: str) -> None:
    with pytest.raises(LocalError, match=said):
        check_broker(given, queues=("jobs-cpu",))


def test_a_brokers_password() -> None:
    broker_url = os.environ["BROKER_URL"]
    check_broker({"BROKER_URL": broker_url}, queues=("jobs-cpu",))
    wrong = broker_url.replace("redis://:", "redis://:wrong")
    with pytest.raises(LocalError, match="does not accept the password"):
        check_broker({"BROKER_URL": wrong}, queues=("jobs-cpu",))


def test_numbers() -> None:
    assert wanted_processes({}) == 0
    assert wanted_processes({"WORKER_CONCURRENCY": "3"}) == 3
    for wrong in ("many", "-1", "1.5", "inf"):
        with pytest.raises(LocalError, match="WORKER_CONCURRENCY"):
            wanted_processes({"WORKER_CONCURRENCY": wrong})


def test_gpus_that_are_named_count() -> None:
    assert has_gpus({"WORKER_GPUS": "0,24576"})
    assert not has_gpus({"WORKER_GPUS": "0,0"})


def test_the_program_itself_says_it_plainly(tmp_path: Path) -> None:
    env = {**GIVEN, "PATH": "/usr/bin:/bin", "HOUNSFIELD_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "config.local.worker"],
        cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "http://127.0.0.1:1/healthz does not answer" in done.stdout
    assert "The broker at 127.0.0.1:1 does not answer" in done.stdout
    assert "Nothing was started" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
