"""What a job that does nothing costs: processor time by program, SQL statements, and how often.

The jobs of `benchmarks.throughput`, counted instead of timed, so that a busy machine hardly
changes the figures. First a block is counted by the processors, then a smaller one by the
database's own log of statements. `--label` adds the result to docs/benchmarks/job-cost.json.
"""

import argparse
import json
import os
import re
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.execution import SCRIPT, Bare, Portal, database_of
from benchmarks.record import FOLDER
from benchmarks.throughput import WORKERS, by_hand, by_portal
from tests.clients.portal import LivePortal, live_portal
from tests.factories.containers import shell_image
from tests.factories.engines import engine_address

TICKS = os.sysconf("SC_CLK_TCK")
KEPT = FOLDER / "job-cost.json"
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (\w+)(.*)")


def processor_seconds(pids: set[int]) -> float:
    """Return what living processes and their ended children have used."""
    total = 0
    for pid in pids:
        if fields := _stat(pid):
            total += sum(int(value) for value in fields[11:15])
    return total / TICKS


def _stat(pid: int) -> list[str]:
    """Return the fields of proc(5) behind the program's name; none for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def _all() -> dict[int, list[str]]:
    pids = (int(found.name) for found in Path("/proc").iterdir() if found.name.isdigit())
    return {pid: fields for pid in pids if (fields := _stat(pid))}


def _descendants(roots: set[int]) -> set[int]:
    found, processes = set(roots), _all()
    while more := {p for p, fields in processes.items() if int(fields[1]) in found} - found:
        found |= more
    return found


def programs(live: LivePortal, home: Path, engine: str) -> dict[str, set[int]]:
    """Return the process numbers of everything that a job is run by."""
    processes = _all()
    found = {
        name: {pid for pid, fields in processes.items() if int(fields[2]) == group}
        for name, group in live.groups.items()
    }
    lock = home / "postgres" / "data" / "postmaster.pid"
    found["postgres"] = _descendants({int(lock.read_text().split()[0])})
    found["valkey"] = {pid for pid in processes if _runs(pid, "valkey", str(home))}
    daemon = Path(engine.removeprefix("unix://")).with_name("docker.pid")
    found["engine"] = _descendants({int(daemon.read_text())})
    return found


def _runs(pid: int, *words: str) -> bool:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return all(word in line for word in words)


class Statements:
    """What the database's log tells of the statements that it was sent since `begin`."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._begins = 0

    def begin(self) -> None:
        """Forget what was told before."""
        self._begins = self._log.stat().st_size

    def counted(self) -> Counter[str]:
        """Return how many there were, by their first words and tables."""
        with self._log.open("rb") as file:
            file.seek(self._begins)
            lines = file.read().decode(errors="replace").splitlines()
        told = (found for line in lines if (found := _STATEMENT.search(line)))
        return Counter(_name(found[1], found[2]) for found in told)


@contextmanager
def logged_statements(database: Any, log: Path) -> Iterator[Statements]:
    """Let the database log every statement during the block."""
    _set(database, "ALTER SYSTEM SET log_statement = 'all'")
    try:
        yield Statements(log)
    finally:
        _set(database, "ALTER SYSTEM RESET log_statement")


def _set(database: Any, how: str) -> None:
    database.execute(how)
    database.execute("SELECT pg_reload_conf()")
    time.sleep(1)


def _name(verb: str, rest: str) -> str:
    if verb in ("SAVEPOINT", "DECLARE", "FETCH", "CLOSE"):
        return verb
    table = re.search(r'(?:FROM|INTO|UPDATE|^) *"(\w+)"', rest)
    return f"{verb} {table[1]}" if table else verb


def measure(folder: Path, *, jobs: int, counted: int) -> dict[str, Any]:
    """Return milliseconds of processors and statements, a job."""
    engine, home = engine_address(), folder / "portal"
    os.environ.update(RUNS_PER_PERSON="10000", RUNS_PER_ALGORITHM="10000", JOB_CPUS="1")
    archive = shell_image(SCRIPT, tags=[]).write(folder / "image.tar")
    with (
        live_portal(home, engine=engine, job_processes=WORKERS) as live,
        database_of(live) as database,
    ):
        portal = Portal(live, database)
        algorithm = portal.make_algorithm(archive.read_bytes())
        plain = Bare(engine, archive, folder / "bare")
        worker = live.groups["worker-jobs"]

        def used() -> dict[str, float]:
            found = programs(live, home, engine)
            return {name: processor_seconds(pids) for name, pids in found.items()}

        def block(count: int, submitted: Callable[[], None] = lambda: None) -> float:
            run = partial(by_portal, portal, database, algorithm, worker=worker)
            return run(jobs=count, submitted=submitted)

        block(2 * WORKERS)
        by_hand(plain, jobs=2 * WORKERS)
        before: dict[str, float] = {}
        seconds = block(jobs, lambda: before.update(used()))
        time.sleep(1)
        spent = {name: now - before.get(name, 0) for name, now in used().items()}
        beside, bare = _by_hand(plain, engine, jobs=jobs)
        with logged_statements(database, home / "logs" / "postgres.log") as log:
            block(counted, log.begin)
            told = log.counted()
    sent = Counter({name: round(count / counted, 1) for name, count in told.items()})
    return {
        "jobs": jobs,
        "processor_ms_a_job": _a_job(spent, jobs),
        "xargs_processor_ms_a_job": _a_job(bare, jobs),
        "statements_a_job": round(sum(told.values()) / counted, 1),
        "statements": {name: count for name, count in sent.most_common() if count >= 0.5},
        "ms_a_job": round(1000 * seconds / jobs),
        "xargs_ms_a_job": round(1000 * beside / jobs),
    }


def _by_hand(plain: Bare, engine: str, *, jobs: int) -> tuple[float, dict[str, float]]:
    daemon = Path(engine.removeprefix("unix://")).with_name("docker.pid")
    pids = _descendants({int(daemon.read_text())})
    used, before = processor_seconds(pids), resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = by_hand(plain, jobs=jobs)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, {"docker run": program, "engine": processor_seconds(pids) - used}


def _a_job(spent: dict[str, float], jobs: int) -> dict[str, float]:
    found = {name: round(1000 * value / jobs, 1) for name, value in spent.items()}
    return found | {"all": round(sum(found.values()), 1)}


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=60)
    parser.add_argument("--counted", type=int, default=20)
    parser.add_argument("--label", default="", help="what to write the result down as")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hounsfield-job-cost-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        found = measure(root, jobs=given.jobs, counted=given.counted)
    print(json.dumps(found, indent=2))
    if given.label:
        kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
        KEPT.write_text(json.dumps(kept | {given.label: found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
