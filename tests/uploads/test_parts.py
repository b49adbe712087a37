"""Sending parts: through Django and through a real ASGI server, both with hostile senders."""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from app.core.asgi import get_application
from app.core.storage import AnswerHeaders, FolderStore, get_store, own_addresses
from app.uploads.asgi import PartReceiver
from tests.servers import asgi_server

Send = Callable[..., tuple[int, str]]
BODY = os.urandom(3 * 2**20 + 11)


@pytest.fixture
def folder(media: Path) -> FolderStore:
    store = get_store()
    assert isinstance(store, FolderStore)
    return store


@pytest.fixture
def key() -> str:
    return f"uploads/{uuid4()}"


@pytest.fixture
def server(media: Path) -> Iterator[str]:
    with asgi_server(PartReceiver(get_application())) as address:
        yield address


def target_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


@pytest.fixture(params=["django", "asgi"])
def send(request: pytest.FixtureRequest) -> Send:
    """Send bytes to a path and query by a method; return the status and the ETag."""
    if request.param == "django":

        def through_django(target: str, data: bytes, method: str = "PUT") -> tuple[int, str]:
            answer = Client(raise_request_exception=False).generic(method, target, data=data)
            return answer.status_code, answer.headers.get("ETag", "")

        return through_django
    address = request.getfixturevalue("server")

    def through_asgi(target: str, data: bytes, method: str = "PUT") -> tuple[int, str]:
        answer = httpx.request(method, f"{address}{target}", content=data)
        return answer.status_code, answer.headers.get("ETag", "")

    return through_asgi


def sign(folder: FolderStore, key: str, upload: str, number: int = 1) -> str:
    signed = folder.sign_parts(key, multipart_id=upload, numbers=[number], expires_in=600)
    return target_of(signed[number])


class TestEveryServer:
    def test_a_part_arrives_whole(self, send: Send, folder: FolderStore, key: str) -> None:
        upload = folder.start_multipart(key)
        status, etag = send(sign(folder, key, upload), BODY)
        assert (status, etag) == (200, f'"{hashlib.md5(BODY).hexdigest()}"')
        (part,) = folder.list_parts(key, multipart_id=upload)
        assert (part.number, part.size) == (1, len(BODY))

    def test_an_empty_part(self, send: Send, folder: FolderStore, key: str) -> None:
        upload = folder.start_multipart(key)
        assert send(sign(folder, key, upload), b"")[0] == 200
        assert folder.list_parts(key, multipart_id=upload)[0].size == 0

    def test_tampered_addresses_store_nothing(
        self, send: Send, folder: FolderStore, key: str
    ) -> None:
        upload = folder.start_multipart(key)
        other = folder.start_multipart(key)
        good = sign(folder, key, upload)
        for bad in (
            good.split("?")[0],
            good.replace("/1?", "/2?"),
            good.replace("/1?", "/01?"),
            good.replace(upload, other),
            good.replace("max-size=", "max-size=9"),
            good.replace("method=PUT&", ""),
            good.replace("Signature=", "Signature=A"),
            f"{good}&x=1",
            good.replace("Expires=", "Expires=9"),
        ):
            assert send(bad, b"x")[0] in (403, 404), bad
        assert folder.list_parts(key, multipart_id=upload) == []
        assert folder.list_parts(key, multipart_id=other) == []

    def test_an_expired_address(self, send: Send, folder: FolderStore, key: str) -> None:
        upload = folder.start_multipart(key)
        address = own_addresses().of_part(upload, number=1, max_size=10, expires_in=-10)
        deadline = time.monotonic() + 5
        while (answer := send(target_of(address), b"x"))[0] == 200:
            assert time.monotonic() < deadline
        assert answer[0] == 403

    def test_the_address_of_a_file_takes_no_part(
        self, send: Send, folder: FolderStore, key: str
    ) -> None:
        folder.put_bytes(b"content", key=key)
        address = target_of(folder.sign_get(key, expires_in=60, headers=AnswerHeaders()))
        assert send(address, b"x")[0] in (403, 405)
        assert folder.read_range(key, start=0, length=10) == b"content"

    def test_the_address_of_a_part_reads_nothing(
        self, send: Send, folder: FolderStore, key: str
    ) -> None:
        upload = folder.start_multipart(key)
        address = sign(folder, key, upload)
        send(address, b"secret")
        assert send(address, b"", "GET")[0] == 405
        assert send(address, b"", "POST")[0] == 405

    def test_too_many_bytes(self, send: Send, folder: FolderStore, key: str) -> None:
        upload = folder.start_multipart(key)
        address = own_addresses().of_part(upload, number=1, max_size=10, expires_in=60)
        assert send(target_of(address), b"x" * 11)[0] == 413
        assert send(target_of(address), b"x" * 10)[0] == 200

    def test_a_closed_upload(self, send: Send, folder: FolderStore, key: str) -> None:
        upload = folder.start_multipart(key)
        address = sign(folder, key, upload)
        folder.abort_multipart(key, multipart_id=upload)
        assert send(address, b"x")[0] == 409
        assert not (folder.root / ".parts" / upload).exists()


class TestAsgiServer:
    def test_a_body_of_unknown_length_is_cut_at_the_limit(
        self, server: str, folder: FolderStore, key: str
    ) -> None:
        upload = folder.start_multipart(key)
        address = own_addresses().of_part(upload, number=1, max_size=2**20, expires_in=60)

        def endless() -> Iterator[bytes]:
            for _ in range(64):
                yield bytes(2**20)

        try:
            answer = httpx.put(f"{server}{target_of(address)}", content=endless())
            assert answer.status_code == 400
        except httpx.WriteError:
            pass  # the server answered and closed while we were still sending
        assert folder.list_parts(key, multipart_id=upload) == []

    def test_a_sender_that_leaves_halfway_leaves_nothing(
        self, server: str, folder: FolderStore, key: str
    ) -> None:
        upload = folder.start_multipart(key)
        target = sign(folder, key, upload)
        place = urlsplit(server)
        with socket.create_connection((place.hostname, place.port)) as line:
            head = f"PUT {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
            line.sendall(head.encode() + bytes(2_000_000))
            _eventually(lambda: _drafts(folder, upload) == 1)
        _eventually(lambda: _drafts(folder, upload) == 0)
        assert folder.list_parts(key, multipart_id=upload) == []

    def test_everything_else_goes_to_django(self, server: str) -> None:
        assert httpx.put(f"{server}/files/uploads/x", content=b"x").status_code == 403
        assert httpx.get(f"{server}/files/parts/{'0' * 32}/1").status_code == 405

    def test_a_refusal_needs_no_body(self, server: str) -> None:
        place = urlsplit(server)
        with socket.create_connection((place.hostname, place.port)) as line:
            head = f"PUT /files/parts/{'0' * 32}/1 HTTP/1.1\r\nHost: x\r\n"
            line.sendall(f"{head}Content-Length: 100000000000\r\n\r\n".encode())
            line.settimeout(10)
            assert b" 403 " in line.recv(100)


def test_parts_are_not_taken_here_when_files_are_in_a_bucket(
    send: Send, folder: FolderStore, key: str, settings: Settings, tmp_path: Path
) -> None:
    address = sign(folder, key, folder.start_multipart(key))
    settings.STORAGE_URL = "s3://K:S@127.0.0.1:1/bucket?scheme=http"
    assert send(address, b"x")[0] == 404


def _drafts(folder: FolderStore, upload: str) -> int:
    return len(list((folder.root / ".parts" / upload).glob("*.draft")))


def _eventually(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
