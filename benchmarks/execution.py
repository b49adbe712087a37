"""What the portal adds to running a container, and what checking an image costs.

1. A container that does nothing, from the submission over the API to the end of its job, beside
   `docker run` with the same flags on the same engine; in turns, on an idle portal.
2. The check of an image archive of a gigabyte, beside nothing but unpacking it (igzip, the fastest
   at hand, and gzip's own program); in turns.
"""

import argparse
import gzip
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import httpx
import psycopg

from app.execution.contract import Limits, RunSpec, inspect_archive
from app.execution.contract.limits import MIB
from app.execution.contract.spec import SCRATCH_FOLDER, ImageReference
from app.execution.executors.docker_options import container_options
from app.execution.executors.storage import Placement
from benchmarks.record import keep
from tests.clients.portal import TOKEN, LivePortal, live_portal
from tests.factories.containers import Entry, base_layer, shell_image
from tests.factories.engines import engine_address

SCRIPT = "echo '\"done\"' > /output/report.json"
STATES = ("PROVISIONING", "EXECUTING", "PARSING")
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
LOOK_SECONDS = 0.005


class Portal:
    """Submits jobs as a client does, and reads their times from the portal's database."""

    def __init__(self, portal: LivePortal, database: Any) -> None:
        self._client = httpx.Client(
            base_url=f"{portal.url}/api/v1/",
            headers={"Authorization": f"Bearer {TOKEN}"},
            verify=ssl.create_default_context(cafile=str(portal.certificate)),
            timeout=120,
        )
        self._database = database

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer's JSON."""
        answer = self._client.request(method, path, json=body)
        if answer.is_error:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def make_algorithm(self, archive: bytes) -> str:
        """Return the address of an algorithm whose version passed its checks."""
        body = {"title": "Does nothing", "inputs": ["age"], "outputs": ["report"]}
        algorithm = self.call("POST", "algorithms/", body)
        upload = self.call("POST", "uploads/", {"filename": "image.tar", "size": len(archive)})
        path = f"uploads/{upload['pk']}/{upload['s3_upload_id']}"
        signed = self.call("PATCH", f"{path}/generate-presigned-urls/", {"part_numbers": [1]})
        sent = self._client.put(signed["presigned_urls"]["1"], content=archive)
        parts = [{"PartNumber": 1, "ETag": sent.headers["ETag"]}]
        done = self.call("PATCH", f"{path}/complete-multipart-upload/", {"parts": parts})
        version = self.call(
            "POST",
            "algorithms/images/",
            {"algorithm": algorithm["api_url"], "user_upload": done["api_url"]},
        )
        while version["import_status"] not in ("Completed", "Failed"):
            time.sleep(0.2)
            version = self.call("GET", f"algorithms/images/{version['pk']}/")
        if version["import_status"] != "Completed":
            raise RuntimeError(f"The image was refused: {version}")
        return str(algorithm["api_url"])

    def run(self, algorithm: str) -> dict[str, float]:
        """Run one job; milliseconds from the submission to each state and to the end."""
        began = time.time()
        body = {"algorithm": algorithm, "inputs": [{"interface": "age", "value": 7}]}
        job = self.call("POST", "algorithms/jobs/", body)
        seen = {"answered": time.time()}
        query = "SELECT state, reason, finished_at, record FROM execution_job WHERE id = %s"
        while True:
            state, reason, finished, record = self._database.execute(query, [job["pk"]]).fetchone()
            if state in ENDED:
                break
            if state in STATES:
                seen.setdefault(state.lower(), time.time())
            time.sleep(LOOK_SECONDS)
        if state != "SUCCEEDED":
            raise RuntimeError(f"The job ended as {state}: {reason}")
        times = {name: (at - began) * 1000 for name, at in seen.items()}
        times["finished"] = (finished.timestamp() - began) * 1000
        steps = {f"executor_{name}": s * 1000 for name, s in record["timings"].items()}
        return times | steps


class Bare:
    """`docker run` of the same image with the same flags, by the engine's own program."""

    def __init__(self, engine: str, archive: Path, folder: Path) -> None:
        manifest = inspect_archive(archive)
        client = docker.DockerClient(base_url=engine)
        with archive.open("rb") as file:
            image = str(client.images.load(file.read())[0].id)
        client.close()
        for name in ("input", "output"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "output").chmod(0o777)
        reference = ImageReference(manifest=manifest, archive_url="", archive_bytes=0)
        spec = RunSpec(run_id="bare", image=reference, limits=Limits(memory=2048 * MIB))
        options = container_options(
            spec, Placement(), labels={}, cpus_of_host=os.cpu_count() or 1, init=True
        )
        profile = folder / "seccomp.json"
        flags = _flags(options, folder, profile)
        self.command = ["docker", "--host", engine, "run", "--rm", *flags, image]

    def run(self) -> float:
        """Run one container; milliseconds."""
        began = time.perf_counter()
        subprocess.run(self.command, check=True, capture_output=True)
        return (time.perf_counter() - began) * 1000


def _flags(options: Mapping[str, Any], folder: Path, profile: Path) -> Sequence[str]:
    """The portal's own flags, as the program writes them."""
    user = options["user"].split(":")[0]
    plain = {
        "--hostname": options["hostname"],
        "--user": options["user"],
        "--network": options["network_mode"],
        "--cap-drop": "ALL",
        "--ipc": options["ipc_mode"],
        "--shm-size": options["shm_size"],
        "--pids-limit": options["pids_limit"],
        "--memory": options["mem_limit"],
        "--memory-swap": options["memswap_limit"],
        "--oom-score-adj": options["oom_score_adj"],
        "--cpus": options["nano_cpus"] / 1e9,
        "--stop-signal": options["stop_signal"],
        "--tmpfs": f"{SCRATCH_FOLDER}:rw,exec,nosuid,nodev,uid={user}",
    }
    found = [f"{name}={value}" for name, value in plain.items()]
    found += ["--read-only", "--init", "--no-healthcheck"]
    found += [f"--group-add={group}" for group in options["group_add"]]
    for limit in options["ulimits"]:
        found.append(f"--ulimit={limit['Name']}={limit['Soft']}:{limit['Hard']}")
    for option in options["security_opt"]:
        name, _, content = option.partition("=")
        if name == "seccomp":
            profile.write_text(content)
        found.append(f"--security-opt={name}" + (f"={profile}" if content else ""))
    found += [f"--env={name}={value}" for name, value in options["environment"].items()]
    return [*found, f"-v={folder}/input:/input:ro", f"-v={folder}/output:/output"]


def measure_jobs(folder: Path, *, rounds: int) -> dict[str, Any]:
    """Return both ways in turns; the first two rounds only warm up."""
    engine = engine_address()
    recipe = shell_image(SCRIPT, tags=[])
    archive = recipe.write(folder / "image.tar")
    bare: list[float] = []
    jobs: list[dict[str, float]] = []
    with live_portal(folder / "portal", engine=engine) as live, database_of(live) as database:
        portal = Portal(live, database)
        algorithm = portal.make_algorithm(archive.read_bytes())
        plain = Bare(engine, archive, folder / "bare")
        for number in range(rounds + 2):
            ways: list[Callable[[], None]] = [
                lambda: bare.append(plain.run()),
                lambda: jobs.append(portal.run(algorithm)),
            ]
            for way in ways if number % 2 else reversed(ways):
                way()
    bare, jobs = bare[2:], jobs[2:]
    finished = [job["finished"] for job in jobs]
    middle = statistics.median(bare)
    return {
        "rounds": rounds,
        "bare_ms": _spread(bare),
        "portal_ms": _spread(finished),
        "goal_ms": round(1.25 * middle + 150, 1),
        "reached": statistics.median(finished) <= 1.25 * middle + 150,
        "until_ms": {
            name: round(statistics.median(job[name] for job in jobs if name in job), 1)
            for name in sorted(set().union(*jobs))
        },
        "all_rounds": {"bare": _rounded(bare), "portal": _rounded(finished)},
    }


@contextmanager
def database_of(portal: LivePortal) -> Any:
    """Give a connection to the portal's database."""
    with psycopg.connect(portal.variables["DATABASE_URL"], autocommit=True) as connection:
        yield connection


def measure_check(folder: Path, *, mib: int, rounds: int) -> dict[str, Any]:
    """Return the seconds of the check and of plain unpacking, in turns; the first warms up."""
    path = _large_archive(folder, mib=mib)
    igzip = "import sys; from isal import igzip\nwith igzip.open(sys.argv[1]) as f:\n"
    igzip += " while f.read(1 << 20): pass"
    check = "import sys; from app.execution.contract.child import inspect_in_child\n"
    check += "inspect_in_child(open(sys.argv[1], 'rb'))"
    ways = {
        "igzip": [sys.executable, "-c", igzip, str(path)],
        "gzip": ["gzip", "-dc", str(path)],
        "check": [sys.executable, "-c", check, str(path)],
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        order = list(ways) if number % 2 else list(ways)[::-1]
        for name in order:
            began = time.perf_counter()
            subprocess.run(ways[name], check=True, stdout=subprocess.DEVNULL)
            took[name].append(time.perf_counter() - began)
    middle = {name: statistics.median(found[1:]) for name, found in took.items()}
    return {
        "rounds": rounds,
        "unpacked_mib": mib,
        "stored_mib": round(path.stat().st_size / MIB),
        "seconds": {name: round(value, 2) for name, value in middle.items()},
        "times_igzip": round(middle["check"] / middle["igzip"], 2),
        "times_gzip": round(middle["check"] / middle["gzip"], 2),
        "goal": 1.3,
    }


def _large_archive(folder: Path, *, mib: int) -> Path:
    """An image of this size that compresses as programs do: half noise, half text."""
    block = os.urandom(MIB // 2) + (b"def f(x):\n    return x\n" * MIB)[: MIB // 2]
    files = {f"opt/{n}": Entry(content=block * 32) for n in range(max(1, mib // 96))}
    layers = [base_layer(), *({f"{name}-{n}": file for name, file in files.items()} for n in "abc")]
    path = folder / "large.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(shell_image("true", layers=layers).docker_archive())
    return path


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    last = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return {"p50": round(statistics.median(ordered), 1), "p95": round(last, 1)}


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 1) for value in values]


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--check-rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--only", choices=("jobs", "check"))
    given = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="hounsfield-execution-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        if given.only != "check":
            found["job"] = measure_jobs(root, rounds=given.rounds)
        if given.only != "jobs":
            found["check"] = measure_check(root, mib=given.mib, rounds=given.check_rounds)
    keep("execution", found)


if __name__ == "__main__":
    main()
