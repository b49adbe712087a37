"""Reading ranges from a folder, over HTTP and through the block cache."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.images.slices import (
    CachedSource,
    CallableRange,
    HttpRange,
    LocalFile,
    PackReader,
    SourceError,
    write_pack,
)
from tests.images.slices.conftest import WriteMha

DATA = bytes(np.random.default_rng(5).integers(0, 256, 10_007, dtype=np.uint8))


class _RangeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, data: bytes, mode: str, *args: object) -> None:
        self._data, self._mode = data, mode
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if match is None or self._mode == "ignores ranges":
            self._answer(200, self._data)
        elif self._mode == "refuses":
            self._answer(403, b"")
        else:
            first, last = int(match[1]), int(match[2])
            extra = 10 if self._mode == "sends more" else 0
            self._answer(206, self._data[first : last + 1 + extra])

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server:
    """A real HTTP server on a free port for one file."""

    def __init__(self, data: bytes, mode: str = "sound") -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_RangeHandler, data, mode))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/pack"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(DATA)
    yield server
    server.stop()


def test_local_file_reads_exactly(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DATA)
    source = LocalFile(tmp_path / "file")
    assert source.size == len(DATA)
    assert source.read(17, 100) == DATA[17:117]
    with pytest.raises(SourceError):
        source.read(len(DATA) - 5, 6)
    source.close()
    source.close()
    with pytest.raises(SourceError):
        source.read(0, 1)


def test_a_missing_file_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        LocalFile(tmp_path / "nothing")


def test_http_ranges(server: Server) -> None:
    source = HttpRange(lambda: server.url, size=len(DATA))
    assert source.read(0, 10) == DATA[:10]
    assert source.read(9_000, 1_007) == DATA[9_000:]
    assert source.read(5, 0) == b""
    source.close()


def test_the_address_is_asked_for_every_time(server: Server) -> None:
    asked: list[int] = []

    def url() -> str:
        asked.append(1)
        return f"{server.url}?signature={len(asked)}"

    source = HttpRange(url, size=len(DATA))
    source.read(0, 10)
    source.read(10, 10)
    source.close()
    assert len(asked) == 2


@pytest.mark.parametrize("mode", ["ignores ranges", "refuses", "sends more"])
def test_a_server_that_does_not_serve_the_range(mode: str) -> None:
    server = Server(DATA, mode)
    source = HttpRange(lambda: server.url, size=len(DATA))
    try:
        with pytest.raises(SourceError):
            source.read(100, 50)
    finally:
        source.close()
        server.stop()


def test_a_server_that_is_gone() -> None:
    server = Server(DATA)
    server.stop()
    with pytest.raises(SourceError, match="cannot be reached"):
        HttpRange(lambda: server.url, size=len(DATA)).read(0, 1)


@settings(max_examples=100, deadline=None)
@given(
    block=st.integers(1, 3000),
    room=st.integers(1, 8),
    reads=st.lists(st.tuples(st.integers(0, 10_007), st.integers(0, 4000)), max_size=20),
)
def test_the_cache_changes_nothing_but_the_number_of_requests(
    block: int, room: int, reads: list[tuple[int, int]]
) -> None:
    fetched: list[tuple[int, int]] = []

    def fetch(offset: int, length: int) -> bytes:
        fetched.append((offset, length))
        return DATA[offset : offset + length]

    source = CachedSource(CallableRange(fetch, size=len(DATA)), block=block, capacity=block * room)
    for offset, length in reads:
        if offset + length > len(DATA):
            with pytest.raises(SourceError):
                source.read(offset, length)
        else:
            assert source.read(offset, length) == DATA[offset : offset + length]
    assert len(source._blocks) <= room


def test_the_cache_asks_once_for_what_it_holds() -> None:
    fetched: list[tuple[int, int]] = []

    def fetch(offset: int, length: int) -> bytes:
        fetched.append((offset, length))
        return DATA[offset : offset + length]

    source = CachedSource(CallableRange(fetch, size=len(DATA)), block=1000, capacity=3000)
    source.read(100, 1800)
    source.read(0, 2000)
    assert fetched == [(0, 2000)]
    source.read(1500, 1000)
    assert fetched == [(0, 2000), (2000, 1000)]
    source.read(3000, 10)
    source.read(1000, 10)
    assert fetched == [(0, 2000), (2000, 1000), (3000, 1000)]
    source.read(0, 10)
    assert fetched[-1] == (0, 1000)


def test_a_pack_over_http_is_the_pack(write_mha: WriteMha, tmp_path: Path) -> None:
    array = np.random.default_rng(2).integers(-1000, 3000, (20, 64, 48)).astype(np.int16)
    write_pack(write_mha(array), tmp_path / "far.slices")
    data = (tmp_path / "far.slices").read_bytes()
    server = Server(data)
    try:
        far = HttpRange(lambda: server.url, size=len(data))
        with PackReader(CachedSource(far, block=4096, capacity=16384)) as reader:
            for index in range(20):
                np.testing.assert_array_equal(reader.decode(index), array[index])
    finally:
        server.stop()
