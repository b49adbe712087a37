"""The private servers: started once, shared, found again after a crash, stopped by the last."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.local.errors import DataFromOtherVersion, LocalError, ServerFailed
from config.local.home import REPOSITORY
from config.local.postgres import PostgresServer
from config.local.processes import ProcessRecord
from config.local.server import PrivateServer
from config.local.servers import private_postgres, private_valkey
from config.local.valkey import ValkeyServer

USER = """
import sys
from pathlib import Path
from config.local.servers import private_valkey
with private_valkey(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def another_user(home: Path) -> "subprocess.Popen[str]":
    """Start a process that uses the home's Valkey until a line comes in."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def eventually(condition: Callable[[], bool], *, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def record_of(server: PrivateServer) -> ProcessRecord:
    record = server.record
    assert record is not None
    return record


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PrivateServer]:
    made: PrivateServer = (
        PostgresServer(tmp_path, durable=False)
        if request.param == "postgres"
        else ValkeyServer(tmp_path)
    )
    yield made
    made.stop()


both = pytest.mark.parametrize("server", ["postgres", "valkey"], indirect=True)


def test_postgres_keeps_its_data_from_one_run_to_the_next(tmp_path: Path) -> None:
    with private_postgres(tmp_path, durable=False) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('Größe')")
    with private_postgres(tmp_path, durable=False) as url, psycopg.connect(url) as connection:
        row = connection.execute("SELECT upper(word) FROM kept").fetchone()
    assert row == ("GRÖßE",), "UTF-8, beyond ASCII, whatever the machine's locale"


def test_valkey_answers_only_to_its_password(tmp_path: Path) -> None:
    with private_valkey(tmp_path) as url:
        port = ValkeyServer(tmp_path).url.rpartition(":")[2].partition("/")[0]
        assert redis.Redis.from_url(url).set("key", "value")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=int(port), retry=Retry(NoBackoff(), 0)).get("key")


def test_valkey_writes_its_password_for_its_owner_alone(tmp_path: Path) -> None:
    server = ValkeyServer(tmp_path)
    server.prepare()
    for path in (server.configuration, tmp_path / "keys" / "valkey-password"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_postgres_opens_no_port_and_its_socket_only_to_its_owner(tmp_path: Path) -> None:
    with private_postgres(tmp_path, durable=False) as url, psycopg.connect(url) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
    assert row == ("",)
    folder = PostgresServer(tmp_path).socket_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@both
def test_it_is_gone_after_its_use(server: PrivateServer) -> None:
    with server.running():
        record = record_of(server)
        assert record.alive
    assert not record.alive
    assert server.record is None


@both
def test_a_second_use_shares_the_process(server: PrivateServer) -> None:
    with server.running() as first:
        record = record_of(server)
        with server.running() as second:
            assert second == first
            assert server.record == record
        assert record.alive


def test_another_process_shares_the_server_and_the_last_user_stops_it(tmp_path: Path) -> None:
    other = another_user(tmp_path)
    assert other.stdout is not None
    url = other.stdout.readline().strip()
    with private_valkey(tmp_path) as mine:
        assert mine == url
        other.communicate("\n", timeout=20)
        assert redis.Redis.from_url(mine).ping()
        record = record_of(ValkeyServer(tmp_path))
    assert not record.alive


def test_a_user_that_was_killed_does_not_count(tmp_path: Path) -> None:
    other = another_user(tmp_path)
    assert other.stdout is not None
    other.stdout.readline()
    record = record_of(ValkeyServer(tmp_path))
    other.kill()
    other.communicate(timeout=20)
    assert record.alive, "nobody was there to stop it"
    with private_valkey(tmp_path):
        assert ValkeyServer(tmp_path).record == record, "the next user adopts it"
    assert not record.alive


@both
def test_it_starts_again_after_kill_9_at_the_same_address(server: PrivateServer) -> None:
    with server.running() as url:
        before = record_of(server)
        os.kill(before.pid, signal.SIGKILL)
        assert eventually(lambda: not server.alive)
        server.ensure_started()
        assert server.url == url
        assert server.ready()
        assert record_of(server) != before


def test_postgres_survives_the_number_of_a_dead_server_going_to_another_program(
    tmp_path: Path,
) -> None:
    with private_postgres(tmp_path, durable=False):
        lock = tmp_path / "postgres" / "data" / "postmaster.pid"
        content = lock.read_text()
    pid, _, rest = content.partition("\n")
    lock.write_text(f"{os.getpid()}\n{rest}")
    with private_postgres(tmp_path, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert pid.isdigit()


def test_postgres_starts_over_when_making_the_data_folder_was_interrupted(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with private_postgres(tmp_path, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not half.exists()


def test_postgres_refuses_data_of_another_major_version(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, durable=False)
    server.data.mkdir()
    (server.folder / "major-version").write_text("12\n")
    with pytest.raises(DataFromOtherVersion, match=r"PostgreSQL 12.*make demo-reset"):
        server.ensure_started()


def test_postgres_works_below_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 20) / "state folder"
    server = PostgresServer(home, durable=False)
    try:
        with server.running() as url, psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert home not in server.socket_folder.parents
    finally:
        server.socket_folder.rmdir()


def test_valkey_moves_to_another_port_when_its_own_was_taken(tmp_path: Path) -> None:
    with private_valkey(tmp_path) as first:
        port = ValkeyServer(tmp_path).folder / "port"
        taken = port.read_text()
        other = tmp_path / "other"
        ValkeyServer(other).folder.joinpath("port").write_text(taken)
        with private_valkey(other) as second:
            assert second.rpartition("@")[2] != first.rpartition("@")[2]
            assert redis.Redis.from_url(second).ping()


def test_a_server_that_ends_at_once_is_explained_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ValkeyServer(tmp_path)
    command = ["/bin/sh", "-c", "echo out of luck; exit 3"]
    monkeypatch.setattr(server, "command", lambda: command)
    with pytest.raises(ServerFailed, match="out of luck"):
        server.ensure_started()
    assert server.record is None


def test_stopping_while_it_starts_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ValkeyServer(tmp_path)
    seen: list[ProcessRecord] = []
    monkeypatch.setattr(server, "ready", lambda: False)

    def stop_now() -> None:
        seen.append(record_of(server))
        raise LocalError("stop")

    with pytest.raises(LocalError, match="stop"), server.running(check_stop=stop_now):
        pytest.fail("it never became ready")
    assert seen
    assert not any(record.alive for record in seen)
