"""An SQS server behind a line on which some answers are lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

CUT = 0  # no answer at all


class BreakingLine:
    """Passes requests on to a server; the next answers to a poll are ``failures`` instead."""

    def __init__(self, server: str, failures: list[int]) -> None:
        self.server, self.failures = server, failures
        self.address = ""

    def next_failure(self, action: str) -> int | None:
        return self.failures.pop(0) if self.failures and "ReceiveMessage" in action else None


@contextmanager
def breaking_line(server: str, failures: list[int]) -> Iterator[BreakingLine]:
    line = BreakingLine(server, failures)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the name that http.server asks for
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            failure = line.next_failure(self.headers.get("X-Amz-Target", "") + body[:200].decode())
            if failure == CUT:
                self.close_connection = True
            elif failure is not None:
                self.answer(failure, b"{}", "application/x-amz-json-1.0")
            else:
                skipped = {"host", "content-length", "connection", "accept-encoding", "expect"}
                kept = {k: v for k, v in self.headers.items() if k.lower() not in skipped}
                there = httpx.post(line.server + self.path, content=body, headers=kept, timeout=60)
                self.answer(there.status_code, there.content, there.headers["content-type"])

        def answer(self, status: int, content: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Tests read their own output, not the server's."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        line.address = f"http://127.0.0.1:{http.server_port}"
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield line
        http.shutdown()
