"""Our verifying endpoint: signature, ranges, conditions, and nothing that acts like a page."""

import datetime as dt
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from django.utils.http import http_date
from pytest_django import Settings

from app.core.asgi import get_application
from app.core.storage import FolderStore, ObjectStore, get_store
from app.delivery.configured import url_signer
from app.delivery.services import signed_url_for
from app.delivery.signing import Policy
from tests.servers import asgi_server

Get = Callable[..., httpx.Response]
DATA = os.urandom(2 * 2**20 + 5)


@pytest.fixture
def key(store: ObjectStore) -> str:
    name = f"images/{uuid4()}/{uuid4()}.mha"
    store.put_bytes(DATA, key=name)
    return name


@pytest.fixture
def server(media: Path) -> Iterator[str]:
    with asgi_server(get_application()) as address:
        yield address


@pytest.fixture(params=["wsgi", "asgi"])
def get(request: pytest.FixtureRequest) -> Get:
    """Ask for an address (path and query) and return an `httpx.Response`, by either server."""
    if request.param == "asgi":
        address = request.getfixturevalue("server")

        def by_asgi(target: str, method: str = "GET", **headers: str) -> httpx.Response:
            return httpx.request(method, f"{address}{target}", headers=_named(headers))

        return by_asgi

    def by_wsgi(target: str, method: str = "GET", **headers: str) -> httpx.Response:
        answer = Client().generic(method, target, headers=_named(headers))
        body = answer.getvalue()
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=body)

    return by_wsgi


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {"Accept-Encoding": "identity"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }


def target_of(key: str, **options: object) -> str:
    return signed_url_for(key, **options).removeprefix("http://testserver")  # type: ignore[arg-type]


def test_the_whole_file(get: Get, key: str) -> None:
    answer = get(target_of(key, filename="scan.mha"))
    assert answer.status_code == 200
    assert answer.content == DATA
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="scan.mha"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"].startswith("private, max-age=")


def test_head(get: Get, key: str) -> None:
    answer = get(target_of(key), method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-1199", 100, 1200),
        ("bytes=2097150-", 2097150, len(DATA)),
        ("bytes=-7", len(DATA) - 7, len(DATA)),
        (f"bytes=5-{10**18}", 5, len(DATA)),
    ],
)
def test_ranges(get: Get, key: str, asked: str, start: int, stop: int) -> None:
    answer = get(target_of(key), range=asked)
    assert answer.status_code == 206
    assert answer.content == DATA[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


def test_a_range_past_the_end(get: Get, key: str) -> None:
    answer = get(target_of(key), range=f"bytes={len(DATA)}-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=-", "bytes=x-y", "rows=1-2", "bytes=9-2"]
)
def test_odd_ranges_give_the_whole_file(get: Get, key: str, asked: str) -> None:
    answer = get(target_of(key), range=asked)
    assert (answer.status_code, len(answer.content)) == (200, len(DATA))


def test_an_empty_file(get: Get, store: ObjectStore) -> None:
    store.put_bytes(b"", key="values/empty.json")
    answer = get(target_of("values/empty.json"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert get(target_of("values/empty.json"), range="bytes=0-").status_code == 416


def test_conditions(get: Get, key: str) -> None:
    target = target_of(key)
    first = get(target)
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert get(target, if_none_match=etag).status_code == 304
    assert get(target, if_none_match='"other"').status_code == 200
    assert get(target, if_modified_since=modified).status_code == 304
    long_ago = http_date(dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp())
    assert get(target, if_modified_since=long_ago).status_code == 200
    assert get(target, if_range=etag, range="bytes=0-4").status_code == 206
    assert get(target, if_range=modified, range="bytes=0-4").status_code == 206
    assert get(target, if_range='"other"', range="bytes=0-4").status_code == 200
    assert get(target, if_match='"other"').status_code == 412


def test_refusals(get: Get, key: str) -> None:
    good = target_of(key, filename="a.mha")
    expired = url_signer().sign_policy(
        f"http://testserver/files/{key}",
        policy=Policy(resource=f"http://testserver/files/{key}", expires=1_700_000_000),
    )
    for bad in (
        f"/files/{key}",
        good.replace("Signature=", "Signature=A"),
        good.replace(key, "values/other.json"),
        good.replace("a.mha", "b.mha"),
        f"{good}&response-content-type=text%2Fhtml",
        expired.removeprefix("http://testserver"),
    ):
        answer = get(bad)
        assert answer.status_code == 403, bad
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_the_missing_and_the_hidden(get: Get, store: ObjectStore) -> None:
    assert get(target_of("values/absent.json")).status_code == 404
    store.put_bytes(b"x", key="values/a.json")
    for path in ("/files/.parts/x", "/files/values/../../keys/delivery.pem", "/files//etc/passwd"):
        signed = url_signer().sign(f"http://testserver{quote(path)}", expires_in=60)
        assert get(signed.removeprefix("http://testserver")).status_code in (403, 404)


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "x\r\ny"])
def test_types_that_run_are_never_answered(get: Get, key: str, kind: str) -> None:
    answer = get(target_of(key, content_type=kind, inline=True))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    signed = url_signer().sign(
        f"http://testserver/files/{key}?response-content-type={quote(kind)}", expires_in=60
    )
    answer = get(signed.removeprefix("http://testserver"))
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_pictures_may_be_shown(get: Get, key: str) -> None:
    answer = get(target_of(key, content_type="image/png", filename="a.png", inline=True))
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == 'inline; filename="a.png"'


def test_handing_over_to_the_proxy(get: Get, key: str, settings: Settings) -> None:
    settings.DELIVERY_ACCEL_PREFIX = "/protected/"
    answer = get(target_of(key, filename="a.mha"))
    assert answer.headers["X-Accel-Redirect"] == f"/protected/{key}"
    assert answer.content == b""
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a.mha"'
    assert get(f"/files/{key}").status_code == 403


def test_large_files_are_not_held_in_memory(server: str, key: str) -> None:
    store = get_store()
    assert isinstance(store, FolderStore)
    size = 300 * 2**20
    os.truncate(store.path_of(key), size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    received = 0
    with httpx.stream("GET", f"{server}{target_of(key)}") as answer:
        for piece in answer.iter_raw():
            received += len(piece)
    assert received == size
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 60 * 2**10  # KiB


def test_a_reader_that_leaves_does_not_hold_the_file(server: str, key: str) -> None:
    store = get_store()
    assert isinstance(store, FolderStore)
    path = store.path_of(key)
    os.truncate(path, 300 * 2**20)
    for _ in range(5):
        with httpx.stream("GET", f"{server}{target_of(key)}") as answer:
            next(answer.iter_raw())
    _eventually_closed(path)


def _eventually_closed(path: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        opened = [os.path.realpath(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")]
        if str(path) not in opened:
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)
