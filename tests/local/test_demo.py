"""One supervisor: it starts all, restarts what dies, and leaves nothing behind."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from config.local.attach import attach
from config.local.home import MARKER, REPOSITORY
from config.local.processes import ProcessRecord, session_members
from config.local.readiness import probe

pytestmark = pytest.mark.slow

REMOVED = ("DATABASE_URL", "BROKER_URL", "CHANNEL_LAYER_URL", "STORAGE_URL", "DOCKER_HOST")


def free_port() -> int:
    """Return a port outside of the range for outgoing connections, free a moment ago."""
    while True:
        port = 12000 + secrets.randbelow(8000)
        with socket.socket() as probe_socket:
            if probe_socket.connect_ex(("127.0.0.1", port)):
                return port


def eventually(condition: Callable[[], bool], *, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def answers(database_url: str) -> bool:
    try:
        with psycopg.connect(database_url) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


@dataclass
class Running:
    """A started portal: its process, its output so far, its place."""

    popen: "subprocess.Popen[bytes]"
    home: Path
    port: int
    output: Path

    @property
    def text(self) -> str:
        return self.output.read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, pattern: str, *, seconds: float = 30.0) -> bool:
        return eventually(lambda: re.search(pattern, self.text) is not None, seconds=seconds)

    def records(self) -> dict[str, ProcessRecord]:
        """What the portal recorded: programs and private servers."""
        found = (ProcessRecord.read(path) for path in (self.home / "run").glob("**/*.json"))
        return {record.name: record for record in found if record is not None}

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.popen.send_signal(number)
        return self.popen.wait(timeout=30)


@contextmanager
def tiny_portal(
    home: Path, *, port: int = 0, given: Mapping[str, str] | None = None
) -> Iterator[Running]:
    port = port or free_port()
    output = home.parent / f"{home.name}-{secrets.token_hex(4)}.txt"
    env = {name: value for name, value in os.environ.items() if name not in REMOVED}
    env |= {"HOUNSFIELD_HOME": str(home), "PORT": str(port), "HOST": "127.0.0.1", **(given or {})}
    with output.open("wb") as file:
        popen = subprocess.Popen(
            [sys.executable, "-m", "tests.local.tiny_portal"],
            cwd=REPOSITORY,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(popen=popen, home=home, port=port, output=output)
    try:
        yield running
    finally:
        if popen.poll() is None:
            popen.terminate()
            popen.wait(timeout=30)


@pytest.fixture(scope="module")
def shared_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One portal for the tests that only look."""
    with tiny_portal(tmp_path_factory.mktemp("shared") / "home") as running:
        assert running.says("Ctrl-C stops everything"), running.text
        yield running


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Running]:
    with tiny_portal(tmp_path / "home") as running:
        assert running.says("Ctrl-C stops everything"), running.text
        yield running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_it_started(portal: Running, number: signal.Signals) -> None:
    records = portal.records()
    assert set(records) == {"web", "worker", "postgres", "valkey"}
    sessions = [record.pid for record in records.values()]
    assert all(session_members(session) for session in sessions)
    assert portal.end(number) == 0
    assert not any(record.alive for record in records.values())
    assert [session_members(session) for session in sessions] == [[], [], [], []]
    assert portal.records() == {}
    assert probe(f"{portal.url}/readyz")[0] == 0
    assert "Your data are kept" in portal.text


def test_it_tells_the_address_and_a_sign_in_for_every_persona(shared_portal: Running) -> None:
    assert shared_portal.url in shared_portal.text
    for name in ("researcher", "radiologist", "author", "organizer", "admin"):
        assert re.search(rf"{name} +hounsfield-demo ", shared_portal.text)
    assert "This portal runs no containers." in shared_portal.text
    assert "hello" in shared_portal.text


def test_a_program_that_dies_is_started_again_and_that_is_said(portal: Running) -> None:
    before = portal.records()["worker"]
    os.kill(before.pid, signal.SIGKILL)
    assert portal.says(r"worker ended unexpectedly \(killed by SIGKILL\)")
    assert eventually(lambda: portal.records().get("worker", before) != before)
    assert portal.records()["worker"].alive
    assert session_members(before.pid) == [], "what the dead one left behind is gone"


def test_a_private_server_that_dies_is_started_again(portal: Running) -> None:
    environ = {"HOUNSFIELD_HOME": str(portal.home)}
    attach(environ)
    before = portal.records()["postgres"]
    os.kill(before.pid, signal.SIGKILL)
    assert portal.says("PostgreSQL ended unexpectedly")
    assert eventually(lambda: answers(environ["DATABASE_URL"])), "at the address it had before"
    assert portal.records()["postgres"] != before


def test_the_programs_get_the_servers_and_the_secrets(shared_portal: Running) -> None:
    environ = {"HOUNSFIELD_HOME": str(shared_portal.home)}
    attach(environ)
    with psycopg.connect(environ["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert redis.Redis.from_url(environ["BROKER_URL"]).ping()
    assert environ["CHANNEL_LAYER_URL"] == environ["BROKER_URL"]
    assert environ["PORT"] == str(shared_portal.port)
    assert environ["SITE_URL"] == shared_portal.url
    assert environ["STORAGE_URL"] == f"file://{shared_portal.home}/media"
    assert len(environ["SECRET_KEY"]) >= 50
    assert (shared_portal.home / "run" / "env.json").stat().st_mode & 0o077 == 0
    seen = dict(
        line.split("=", 1)
        for line in (shared_portal.home / "logs" / "setup.log").read_text().splitlines()
        if "=" in line
    )
    assert seen.items() >= environ.items()


def test_a_second_one_in_the_same_home_is_refused(shared_portal: Running) -> None:
    with tiny_portal(shared_portal.home) as second:
        assert second.popen.wait(timeout=20) == 1
    assert (
        f"already runs in {shared_portal.home} (process {shared_portal.popen.pid})" in second.text
    )
    assert probe(f"{shared_portal.url}/readyz")[0] == 200


def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with tiny_portal(tmp_path / "home", port=port) as running:
            assert running.popen.wait(timeout=20) == 1
    assert f"Port {port} on 127.0.0.1 is in use" in running.text
    assert f"PORT={port + 1} make demo" in running.text
    assert "Traceback" not in running.text


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("PORT", "70000"), ("HOST", "no such host")]
)
def test_a_wrong_address_is_explained(tmp_path: Path, name: str, value: str) -> None:
    with tiny_portal(tmp_path / "home", given={name: value}) as running:
        assert running.popen.wait(timeout=20) == 1
    assert f"{name}={value}" in running.text
    assert "Traceback" not in running.text


def test_the_next_start_cleans_up_after_kill_9(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with tiny_portal(home) as first:
        assert first.says("Ctrl-C stops everything"), first.text
        left = first.records()
        first.popen.kill()
        first.popen.wait()
        assert left["worker"].alive
        assert left["postgres"].alive
    with tiny_portal(home, port=first.port) as second:
        assert second.says("Ctrl-C stops everything"), second.text
        assert "interrupted run" in second.text
        assert not left["web"].alive
        assert not left["worker"].alive
        assert second.records()["postgres"] == left["postgres"], "a living server is adopted"
        assert second.end() == 0
    assert not left["postgres"].alive
    assert not left["valkey"].alive


def test_data_and_secrets_outlive_a_stop(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys = []
    for _ in range(2):
        with tiny_portal(home) as running:
            assert running.says("Ctrl-C stops everything"), running.text
            content = json.loads((home / "run" / "env.json").read_text())
            keys.append(content["variables"]["SECRET_KEY"])
    assert keys[0] == keys[1]


def test_servers_that_the_environment_names_keep_the_private_ones_off(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": "postgresql://someone@db.example.org/portal",
        "BROKER_URL": "redis://broker.example.org:6379/0",
        "STORAGE_URL": "s3://key:secret@s3.example.org/bucket",
        "DEMO_PASSWORD": "another password",
    }
    with tiny_portal(tmp_path / "home", given=given) as running:
        assert running.says("Ctrl-C stops everything"), running.text
        assert set(running.records()) == {"web", "worker"}
        content = json.loads((running.home / "run" / "env.json").read_text())
    assert content["variables"].items() >= given.items()
    assert "another password" in running.text
    made = {path.name for path in running.home.iterdir()}
    assert made == {MARKER, "run", "logs", "keys"}


def test_a_queue_that_is_no_redis_gets_a_private_channel_layer(tmp_path: Path) -> None:
    with tiny_portal(
        tmp_path / "home",
        given={"BROKER_URL": "sqs://", "SQS_QUEUES_URL": "https://sqs.example/1/h-"},
    ) as running:
        assert running.says("Ctrl-C stops everything"), running.text
        environ = {"HOUNSFIELD_HOME": str(running.home)}
        attach(environ)
        assert environ["BROKER_URL"] == "sqs://"
        assert redis.Redis.from_url(environ["CHANNEL_LAYER_URL"]).ping()


def test_a_reset_stops_a_running_one_and_deletes_its_home(portal: Running) -> None:
    records = portal.records()
    done = subprocess.run(
        [sys.executable, "-m", "config.local.reset"],
        cwd=REPOSITORY,
        env={**os.environ, "HOUNSFIELD_HOME": str(portal.home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Demo stopped" in done.stdout
    assert portal.popen.wait(timeout=20) == 0
    assert not any(record.alive for record in records.values())
    assert not portal.home.exists()
