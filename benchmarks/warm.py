"""How soon a warm container answers: from the request to its result, told by WebSocket.

A client calls an endpoint over the API and hears of the end by the endpoint's WebSocket, then reads
the result over the API. One call after the other, on a portal with one worker.
"""

import argparse
import json
import ssl
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from benchmarks.execution import Portal, database_of
from benchmarks.record import keep
from tests.clients.portal import TOKEN, LivePortal, live_portal
from tests.factories.containers import DONE, serving_image
from tests.factories.engines import engine_address

INVOKE = f'echo "\\"age $(cat /input/age.json)\\"" > /output/report.json; {DONE}'
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
GOAL_MS = 1000.0
PATIENCE = 120.0
WARM_UP = 5


class Endpoint:
    """One endpoint, called as a client does."""

    def __init__(self, portal: Portal, algorithm: str) -> None:
        self._portal = portal
        self.made = portal.call("POST", "algorithms/endpoints/", {"algorithm": algorithm})
        deadline = time.monotonic() + PATIENCE
        while self.made["status"] != "Running":
            if time.monotonic() > deadline or self.made["status"] in ("Failed", "Stopped"):
                raise RuntimeError(f"The endpoint did not start: {self.made}")
            time.sleep(0.2)
            self.made = portal.call("GET", f"algorithms/endpoints/{self.made['pk']}/")

    def call(self, socket: ClientConnection, number: int) -> tuple[float, float]:
        """Call it; milliseconds until the end was told, and until the result was read."""
        body = {
            "endpoint": self.made["api_url"],
            "inputs": [{"interface": "age", "value": number}],
        }
        began = time.perf_counter()
        made = self._portal.call("POST", "algorithms/invocations/", body)
        while True:
            said = json.loads(socket.recv(timeout=PATIENCE))
            if said.get("run") == made["pk"] and said["state"] in ENDED:
                break
        told = time.perf_counter()
        found = self._portal.call("GET", f"algorithms/invocations/{made['pk']}/")
        read = time.perf_counter()
        if [value["value"] for value in found["outputs"]] != [f"age {number}"]:
            raise RuntimeError(f"Another result came out: {found}")
        return (told - began) * 1000, (read - began) * 1000


def news_of(live: LivePortal, endpoint: str) -> ClientConnection:
    """Return the endpoint's WebSocket."""
    address = live.url.replace("https://", "wss://")
    return connect(
        f"{address}/ws/endpoints/{endpoint}/",
        ssl=ssl.create_default_context(cafile=str(live.certificate)),
        additional_headers={"Authorization": f"Bearer {TOKEN}"},
        compression=None,
    )


def measure(folder: Path, *, calls: int) -> dict[str, Any]:
    """Return how long calls took; the first few only warm up."""
    archive = serving_image(INVOKE, tags=[]).write(folder / "image.tar")
    times: list[tuple[float, float]] = []
    engine = engine_address()
    with live_portal(folder / "portal", engine=engine) as live, database_of(live) as database:
        portal = Portal(live, database)
        endpoint = Endpoint(portal, portal.make_algorithm(archive.read_bytes()))
        with news_of(live, endpoint.made["pk"]) as socket:
            for number in range(calls + WARM_UP):
                times.append(endpoint.call(socket, number))
        portal.call("DELETE", f"algorithms/endpoints/{endpoint.made['pk']}/")
    told = [first for first, _ in times[WARM_UP:]]
    read = [last for _, last in times[WARM_UP:]]
    return {
        "calls": calls,
        "told_ms": spread(told),
        "read_ms": spread(read),
        "goal_p99_ms": GOAL_MS,
        "reached": spread(read)["p99"] <= GOAL_MS,
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return the middle, the 95th and the 99th of a hundred, and the worst."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

    return {
        "p50": round(statistics.median(ordered), 1),
        "p95": at(0.95),
        "p99": at(0.99),
        "most": round(ordered[-1], 1),
    }


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=250)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hounsfield-warm-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        keep("warm", measure(root, calls=given.calls))


if __name__ == "__main__":
    main()
