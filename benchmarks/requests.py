"""What a request costs before any view: Django's own ASGI handler beside ours, in turns.

The request is one that is refused for its token, after all middleware and without a query. Both
handlers answer the same bytes, which is looked at first.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import MutableMapping
from typing import Any

from benchmarks.portal import fresh_database
from benchmarks.record import keep

PATH = "/api/v1/execution/run/report/"
BODY = b"{}"
BLOCK = 100
Message = MutableMapping[str, Any]


def _scope() -> dict[str, Any]:
    headers = {
        b"host": b"testserver",
        b"authorization": b"Bearer nobody",
        b"content-type": b"application/json",
        b"content-length": b"%d" % len(BODY),
    }
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": PATH,
        "query_string": b"",
        "headers": list(headers.items()),
        "client": ("127.0.0.1", 1),
    }


async def ask(handler: Any) -> tuple[int, bytes]:
    """Return status and content of one answer."""
    answered: list[Message] = []
    bodies = [BODY]

    async def receive() -> Message:
        if bodies:
            return {"type": "http.request", "body": bodies.pop()}
        await asyncio.Event().wait()  # the client stays
        raise AssertionError

    async def send(message: Message) -> None:
        answered.append(message)

    await handler(_scope(), receive, send)
    content = b"".join(message.get("body", b"") for message in answered)
    return int(answered[0]["status"]), content


async def _block(handler: Any) -> tuple[float, float]:
    """Milliseconds of processor, and of the clock, for one request."""
    spent, began = time.process_time(), time.perf_counter()
    for _ in range(BLOCK):
        await ask(handler)
    seconds = time.process_time() - spent, time.perf_counter() - began
    return seconds[0] / BLOCK * 1000, seconds[1] / BLOCK * 1000


def measure(blocks: int) -> dict[str, Any]:
    """Return the middle of all blocks for both handlers."""
    from django.core.handlers.asgi import ASGIHandler

    from app.core.asgi import OneThreadHandler

    handlers = {"django": ASGIHandler(), "ours": OneThreadHandler()}
    answers = {name: asyncio.run(ask(handler)) for name, handler in handlers.items()}
    if answers["django"] != answers["ours"]:
        raise RuntimeError(f"They answer differently: {answers}.")
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in handlers}
    for _ in range(blocks):
        for name, handler in handlers.items():
            took[name].append(asyncio.run(_block(handler)))
    middle = {
        name: [statistics.median(column) for column in zip(*found, strict=True)]
        for name, found in took.items()
    }
    return {
        "requests": blocks * BLOCK,
        "status": answers["ours"][0],
        "processor_ms": {name: round(found[0], 2) for name, found in middle.items()},
        "wall_ms": {name: round(found[1], 2) for name, found in middle.items()},
        "processor_times_django": round(middle["ours"][0] / middle["django"][0], 2),
    }


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=10, help="of 100 requests, for each handler")
    given = parser.parse_args()
    with fresh_database():
        keep("requests", measure(given.blocks))


if __name__ == "__main__":
    main()
