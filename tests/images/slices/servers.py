"""A real HTTP server for one file, with the faults that servers have."""

import re
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

FAULTS = 2
"""How often a server that recovers fails first."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, server: "Server", *args: object) -> None:
        self._of = server
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        mode, data = self._of.mode, self._of.data
        if match is None or mode == "ignores ranges":
            self._answer(200, data)
            return
        first, last = int(match[1]), int(match[2])
        self._of.asked.append((first, last))
        if mode == "refuses" or (mode == "is busy" and len(self._of.asked) <= FAULTS):
            self._answer(403 if mode == "refuses" else 503, b"")
        elif mode == "knows nothing":
            self._answer(404, b"")
        elif mode == "sends another range":
            self._answer(206, data[first + 1 : last + 2], f"bytes {first + 1}-{last + 1}")
        elif mode == "sends more":
            self._answer(206, data[first : last + 11], f"bytes {first}-{last}")
        elif mode == "breaks off":
            self._break_off(first, last, sent=max(1, (last + 1 - first) // 2))
        elif mode == "hangs up":
            self._break_off(first, last, sent=0)
        elif mode == "hangs":
            self._hang(first, last)
        else:
            self._answer(206, data[first : last + 1], f"bytes {first}-{last}")

    def _head(self, status: int, length: int, told: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        if told:
            self.send_header("Content-Range", f"{told}/{len(self._of.data)}")
        self.end_headers()

    def _answer(self, status: int, body: bytes, told: str = "") -> None:
        self._head(status, len(body), told)
        self.wfile.write(body)

    def _break_off(self, first: int, last: int, *, sent: int) -> None:
        """Send the beginning and hang up."""
        self._head(206, last + 1 - first, f"bytes {first}-{last}")
        self.wfile.write(self._of.data[first : first + sent])
        self.close_connection = True

    def _hang(self, first: int, last: int) -> None:
        """Send a byte, then wait until the client has gone."""
        self._head(206, last + 1 - first, f"bytes {first}-{last}")
        self.wfile.write(self._of.data[first : first + 1])
        self.wfile.flush()
        self._of.hanging.release()
        self.connection.settimeout(20)
        if not self.connection.recv(1):
            self._of.left.release()
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server:
    """A server on a free port. ``asked`` are the ranges in the order in which they came."""

    def __init__(self, data: bytes, mode: str = "sound") -> None:
        self.data, self.mode = data, mode
        self.asked: list[tuple[int, int]] = []
        self.hanging, self.left = threading.Semaphore(0), threading.Semaphore(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/pack"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
