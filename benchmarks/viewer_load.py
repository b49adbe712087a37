"""A hundred readers on one viewer server, each turning ten slices a second over twenty studies.

The server is one process, started as the product starts it; a second run has a profiler that looks
at its stack every few milliseconds. The readers are programs in a process of their own. Every slice
is asked for as if nothing of it were held. 512 x 512 at 16 bits, real CT, some 110 KB each: a
hundred megabytes a second in all.

    python -m benchmarks.viewer_load [--seconds 60] [--readers 100]
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.peers import ROOT
from benchmarks.record import keep
from benchmarks.viewer_portal import Portal, WebServer, portal
from benchmarks.viewer_study import make_study

STUDIES, SLICES = 20, 56
GOAL_P99_MS = 50.0
LOOK_EVERY = 1.0
WATCHED_SECONDS = 20.0
TOP = 15


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--pace", type=float, default=10.0, help="slices a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--warm-up", type=float, default=5.0)
    parser.add_argument("--dry", action="store_true", help="print, and keep nothing")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hounsfield-load-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        study = make_study(folder, slices=SLICES)
        with portal(folder / "portal") as home:
            sessions = furnish(home, study.converted, readers=given.readers)
            results = measure(home, sessions, folder / "profile.json", given)
    if given.dry:
        print(json.dumps(results, indent=2))
    else:
        keep("viewer-load", results)


def furnish(home: Portal, converted: Any, *, readers: int) -> list[tuple[str, str]]:
    """Make the studies, and for each reader a session: path and cookie."""
    from tests.factories.archives import make_archive, make_item

    editor = home.make_person("editor")
    people = [home.make_person(f"reader{n}") for n in range(readers)]
    archive = make_archive(editor=editor)
    images = [home.add_image(converted, owner=editor) for _ in range(STUDIES)]
    for image in images:
        make_item(archive, title=f"Case {image}", image=_image(image))
    for person in people:
        _let_in(archive, editor, person)
    return [
        (home.session_path(person, images[n % STUDIES]), "=".join(home.cookie_of(person)))
        for n, person in enumerate(people)
    ]


def _let_in(archive: Any, editor: Any, person: Any) -> None:
    from app.accounts.services import grant_role
    from archives.policies import ARCHIVES

    grant_role(ARCHIVES, actor=editor, obj=archive, user=person, role="USER")


def _image(pk: Any) -> Any:
    from app.images.models import Image

    return Image.objects.get(pk=pk)


def measure(
    home: Portal, sessions: list[tuple[str, str]], profile: Path, given: argparse.Namespace
) -> dict[str, Any]:
    """Let the readers read, once for a moment and once in earnest; then once more, watched.

    The profiler costs a tenth of the server's time, and waits with it: it has a run of its own.
    """
    with home.web_server() as server:
        let_read(server, sessions, seconds=given.warm_up, pace=given.pace)
        memory = Memory(server)
        cpu, began = server.cpu(), time.perf_counter()
        with memory:
            found = let_read(server, sessions, seconds=given.seconds, pace=given.pace)
        used = (server.cpu() - cpu) / (time.perf_counter() - began)
    sampler = (str(ROOT / "benchmarks" / "sampled.py"), str(profile))
    with home.web_server(prefix=sampler) as server:
        let_read(server, sessions, seconds=given.warm_up, pace=given.pace)
        server.signal(signal.SIGUSR1)
        let_read(server, sessions, seconds=WATCHED_SECONDS, pace=given.pace)
    seen = json.loads(profile.read_text())
    shares = {kind: dict(list(seen[kind].items())[:TOP]) for kind in ("own", "total")}
    return {
        "studies": STUDIES,
        "slices_per_second": given.pace * given.readers,
        **found,
        "server_cpu": round(used, 2),
        "server_rss_mb": memory.summary(),
        "goal_p99_ms": GOAL_P99_MS,
        "reached": found["slice_ms"]["p99"] < GOAL_P99_MS,
        "profile_percent": shares,
    }


class Memory:
    """Looks at a server's memory every second."""

    def __init__(self, server: WebServer) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.seen: list[float] = []

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *details: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self.seen.append(round(self._server.rss_mb(), 1))

    def summary(self) -> dict[str, Any]:
        """Return the memory at the start, in the middle, at the end, and at most."""
        seen = self.seen or [round(self._server.rss_mb(), 1)]
        first, middle, last = seen[0], seen[len(seen) // 2], seen[-1]
        return {"first": first, "middle": middle, "last": last, "most": max(seen)}


def let_read(
    server: WebServer, sessions: list[tuple[str, str]], *, seconds: float, pace: float
) -> dict[str, Any]:
    """Run the readers in a process of their own and return what they saw."""
    command = [sys.executable, "-m", "benchmarks.viewer_readers", str(server.port)]
    command += ["--seconds", str(seconds), "--pace", str(pace)]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(sessions), stdout=subprocess.PIPE, text=True,
        check=True, timeout=seconds + 120,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
