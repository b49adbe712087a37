"""How many jobs get done: containers that do nothing, two at a time, by the portal and without it.

A block of jobs is submitted while the worker is held; it counts from the first claim to the last
end. Beside it the same number of containers by `xargs -P2 docker run`, with the same flags on the
same engine; in turns.
"""

import argparse
import os
import shlex
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.execution import ENDED, SCRIPT, Bare, Portal, database_of
from benchmarks.record import keep
from tests.clients.portal import live_portal
from tests.factories.containers import shell_image
from tests.factories.engines import engine_address

WORKERS = 2
GOAL = 1.15
PATIENCE = 600.0


@contextmanager
def held(group: int) -> Iterator[None]:
    """Let the processes of a group rest meanwhile."""
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def by_portal(
    portal: Portal,
    database: Any,
    algorithm: str,
    *,
    jobs: int,
    worker: int,
    submitted: Callable[[], None] = lambda: None,
) -> float:
    """Return the seconds for one block, from the first claim to the last end.

    ``submitted`` is called before the worker is let go.
    """
    body = {"algorithm": algorithm, "inputs": [{"interface": "age", "value": 7}]}
    with held(worker):
        made = [portal.call("POST", "algorithms/jobs/", body)["pk"] for _ in range(jobs)]
        submitted()
    query = (
        "SELECT count(*) FILTER (WHERE state = ANY(%s)), count(*) FILTER (WHERE state = %s),"
        " extract(epoch FROM max(finished_at) - min(started_at))"
        " FROM execution_job WHERE id = ANY(%s::uuid[])"
    )
    deadline = time.monotonic() + PATIENCE
    while True:
        ended, good, seconds = database.execute(query, [list(ENDED), ENDED[0], made]).fetchone()
        if ended == jobs:
            break
        if time.monotonic() > deadline:
            raise RuntimeError(f"{ended} of {jobs} jobs ended.")
        time.sleep(0.5)
    if good != jobs:
        raise RuntimeError(f"{jobs - good} of {jobs} jobs failed.")
    return float(seconds)


def by_hand(plain: Bare, *, jobs: int) -> float:
    """Return the seconds for as many containers, two at a time."""
    command = f"seq {jobs} | xargs -P{WORKERS} -I{{}} {shlex.join(plain.command)}"
    began = time.perf_counter()
    subprocess.run(["bash", "-c", command], check=True, capture_output=True)
    return time.perf_counter() - began


def parts_of_a_job(database: Any) -> dict[str, int]:
    """Return where a job's time goes, as means in milliseconds, from its claim to its end."""
    names = ("provisioning", "executing", "collecting")
    timings = ", ".join(f"avg((record->'timings'->>'{name}')::float)" for name in names)
    query = f"SELECT avg(extract(epoch FROM finished_at - started_at)), {timings}"  # noqa: S608
    found = database.execute(f"{query} FROM execution_job").fetchone()
    pairs = zip(("claim_to_end", *names), found, strict=True)
    return {name: round(float(value) * 1000) for name, value in pairs}


def measure(folder: Path, *, blocks: int, jobs: int) -> dict[str, Any]:
    """Return both ways in turns; a short first block of each only warms up."""
    engine = engine_address()
    most = str(2 * jobs)
    os.environ.update(RUNS_PER_PERSON=most, RUNS_PER_ALGORITHM=most, JOB_CPUS="1")
    archive = shell_image(SCRIPT, tags=[]).write(folder / "image.tar")
    took: dict[str, list[float]] = {"portal": [], "xargs": []}
    with (
        live_portal(folder / "portal", engine=engine, job_processes=WORKERS) as live,
        database_of(live) as database,
    ):
        portal = Portal(live, database)
        algorithm = portal.make_algorithm(archive.read_bytes())
        plain = Bare(engine, archive, folder / "bare")
        worker = live.groups["worker-jobs"]
        for number in range(blocks + 1):
            count = jobs if number else 2 * WORKERS
            order = ("portal", "xargs") if number % 2 else ("xargs", "portal")
            for name in order:
                if name == "xargs":
                    seconds = by_hand(plain, jobs=count)
                else:
                    seconds = by_portal(portal, database, algorithm, jobs=count, worker=worker)
                if number:
                    took[name].append(seconds)
        parts = parts_of_a_job(database)
    total = {name: sum(found) for name, found in took.items()}
    ratios = [a / b for a, b in zip(took["portal"], took["xargs"], strict=True)]
    return {
        "jobs": blocks * jobs,
        "workers": WORKERS,
        "seconds": {name: round(value, 1) for name, value in total.items()},
        "ms_a_job": {name: round(value / blocks / jobs * 1000) for name, value in total.items()},
        "parts_ms": parts,
        "times_xargs": round(total["portal"] / total["xargs"], 2),
        "middle_of_blocks": round(statistics.median(ratios), 2),
        "goal": GOAL,
        "reached": total["portal"] / total["xargs"] <= GOAL,
        "all_blocks": {name: [round(s, 1) for s in found] for name, found in took.items()},
    }


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=50, help="of a block")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hounsfield-throughput-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        keep("throughput", measure(root, blocks=given.blocks, jobs=given.jobs))


if __name__ == "__main__":
    main()
