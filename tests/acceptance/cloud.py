"""The portal on outside services by environment variables only, with a worker on another machine.

SQS, S3, an outside PostgreSQL and a Redis for WebSocket groups; the worker is a clone of the
repository in a network namespace that reaches the portal, the queues and the store, and is started
by `make worker`. People import images, upload containers, run one, and compete; afterwards nothing
is left behind.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker

from app.core.sqs import make_client, queue_urls
from app.core.storage import store_at
from config.local.environment import Address
from config.local.processes import session_members
from config.local.programs import portal_programs
from config.local.readiness import probe
from config.local.servers import private_postgres, private_valkey
from config.local.supervisor import Program
from tests.data import DATA
from tests.factories.engines import engine_address
from tests.fleet.machine import Machine, another_machine, why_impossible, worker_environment
from tests.servers import s3_server, sqs_server

ROOT = Path(__file__).resolve().parents[2]
SERIES = "mr_t1_sagittal_HFS"
PASSWORD = secrets.token_urlsafe(16)
PEOPLE = ("researcher", "radiologist", "author", "organizer")
SOCKETS = """
from app.sockets.selectors import medical_image_socket, segmentation_socket
medical_image_socket(), segmentation_socket()
"""
WORKER = "jobs@cloud-worker"


def run(results: dict[str, Any]) -> None:
    assert DATA is not None, "the real test images are not here"
    if reason := why_impossible():
        raise AssertionError(f"No second machine can be made here: {reason}.")
    with tempfile.TemporaryDirectory(prefix="hounsfield-cloud-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        machine = stack.enter_context(another_machine())
        portal = Portal(folder / "portal", _services(stack, folder, machine), machine)
        with portal.running():
            results["portal"] = portal.describe()
            with _remote_worker(machine, portal, folder) as worker:
                results["worker"] = worker.start()
                results["unreachable"] = _unreachable(machine, portal)
                results["walkthrough"] = portal.walk(DATA / SERIES)
                results["jobs_by_worker"] = portal.jobs_by_worker()
                worker.stop()
            results["worker_said"] = worker.said().splitlines()
            results["left_behind"] = _left_behind(portal, folder)
    assert set(results["jobs_by_worker"]) == {WORKER}, results["jobs_by_worker"]
    assert not any(results["left_behind"].values()), results["left_behind"]


def _services(stack: ExitStack, folder: Path, machine: Machine) -> dict[str, str]:
    """Start what a cloud would have; what the worker needs is opened to its machine."""
    servers = folder / "servers"
    servers.mkdir()
    sqs = urlsplit(stack.enter_context(sqs_server())).port or 0
    s3 = stack.enter_context(s3_server())
    site = _free_port()
    stack.enter_context(machine.opened(sqs, urlsplit(s3).port or 0, site))
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "DATABASE_URL": stack.enter_context(private_postgres(servers, durable=False)),
        "CHANNEL_LAYER_URL": stack.enter_context(private_valkey(servers)),
        "BROKER_URL": f"sqs://key:secret@{machine.here}:{sqs}//",
        "SQS_QUEUES_URL": f"http://{machine.here}:{sqs}/123456789012/hounsfield-",
        "STORAGE_URL": s3.replace("127.0.0.1", machine.here),
        "SITE_URL": f"http://{machine.here}:{site}",
        "HOST": "127.0.0.1",
        "PORT": str(site),
        "SECRET_KEY": secrets.token_urlsafe(64),
        "WORKER_TOKEN": secrets.token_urlsafe(32),
    }


class Portal:
    """The portal's own processes, as an operator's service manager would run them."""

    def __init__(self, home: Path, given: Mapping[str, str], machine: Machine) -> None:
        self.home, self.given, self.machine = home, dict(given), machine
        for part in ("logs", "run"):
            (home / part).mkdir(parents=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.env = {**kept, **given, "HOUNSFIELD_HOME": str(home), "HOME": str(home)}

    @contextmanager
    def running(self) -> Iterator[None]:
        self.manage("sqs_queues", "--create")
        self.manage("migrate", "--no-input")
        self.manage("prepare_storage")
        self.manage("seed", "--file", str(self._people()))
        self.manage("shell", "-c", SOCKETS)
        address = Address(host="127.0.0.1", port=int(self.given["PORT"]))
        programs = portal_programs(self.home, address=address, reload=False)
        with ExitStack() as stack:
            for program in programs:
                if program.name != "worker-jobs":
                    stack.enter_context(self._program(program))
            self._wait()
            yield

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
        return done.stdout

    def describe(self) -> dict[str, str]:
        """Which outside services it uses, without their secrets."""
        return {
            "broker": "sqs (moto server)",
            "storage": "s3 (SeaweedFS)",
            "database": "PostgreSQL",
            "channel layer": "Redis protocol (Valkey)",
            "settings": self.given["DJANGO_SETTINGS_MODULE"],
        }

    def walk(self, series: Path) -> dict[str, Any]:
        """Walk the whole line; return the seconds of each step and the scores."""
        url = ("--url", self.given["SITE_URL"], "--password", PASSWORD)
        said = self.manage("walkthrough", "--input", str(series), *url)
        steps = re.findall(r"^(.{22}) +([0-9.]+) s", said, re.M)
        scores = re.findall(r"Dice ([0-9.]+) before ([0-9.]+)", said)[0]
        return {
            "seconds": {name.strip(): float(seconds) for name, seconds in steps},
            "dice": [float(score) for score in scores],
        }

    def jobs_by_worker(self) -> dict[str, int]:
        """How many jobs succeeded, by the worker that their records name."""
        query = (
            "import json; from collections import Counter; from app.execution.models import Job; "
            "print(json.dumps(Counter(j.record.get('worker') for j in "
            "Job.objects.filter(state='SUCCEEDED').only('record'))))"
        )
        found: dict[str, int] = json.loads(self.manage("shell", "-c", query).splitlines()[-1])
        return found

    def _people(self) -> Path:
        users = [
            {
                "username": name,
                "email": f"{name}@example.org",
                "password": PASSWORD,
                "verified": True,
            }
            for name in PEOPLE
        ]
        path = self.home / "people.json"
        path.write_text(json.dumps({"version": 1, "users": users}))
        return path

    @contextmanager
    def _program(self, program: Program) -> Iterator[None]:
        with (self.home / "logs" / f"{program.name}.log").open("wb") as log:
            process = subprocess.Popen(
                program.command, env=dict(program.environment(self.env)), cwd=ROOT,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(30)
            finally:
                for pid in session_members(process.pid):
                    os.kill(pid, signal.SIGKILL)

    def _wait(self) -> None:
        deadline = time.monotonic() + 120
        while (found := probe(f"{self.given['SITE_URL']}/healthz"))[0] != 200:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)


class RemoteWorker:
    """`make worker` in a clone on the other machine."""

    def __init__(self, machine: Machine, portal: Portal, folder: Path) -> None:
        self.machine, self.portal = machine, portal
        self.clone, self.home = folder / "clone", folder / "elsewhere"
        self.log = self.home / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.hidden = [portal.home, folder / "servers"]

    def start(self) -> dict[str, Any]:
        """Clone, `make worker`, wait until it says that it takes jobs."""
        self.home.mkdir()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(self.clone)], check=True)
        (self.clone / ".venv").symlink_to((ROOT / ".venv").resolve())  # the same packages
        names = ("BROKER_URL", "SQS_QUEUES_URL", "SITE_URL", "WORKER_TOKEN")
        given = {name: self.portal.given[name] for name in names}
        given |= {"WORKER_NAME": WORKER.partition("@")[2], "DOCKER_HOST": engine_address()}
        env = worker_environment(given, home=self.home, hidden=self.hidden)
        started = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.machine.command("make", "worker"), cwd=self.clone, env=env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        while f"{WORKER} takes jobs from" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() - started < 180, self.said()
            time.sleep(0.5)
        return {"variables": sorted(given), "ready_s": round(time.monotonic() - started, 1)}

    def stop(self) -> None:
        """Ctrl-C, as a person would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@contextmanager
def _remote_worker(machine: Machine, portal: Portal, folder: Path) -> Iterator[RemoteWorker]:
    worker = RemoteWorker(machine, portal, folder)
    try:
        yield worker
    finally:
        if worker.process is not None and worker.process.poll() is None:
            os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.wait()


def _unreachable(machine: Machine, portal: Portal) -> list[str]:
    """See that the worker's machine reaches neither database nor channel layer."""
    port = urlsplit(portal.given["CHANNEL_LAYER_URL"]).port or 0
    for address in ("127.0.0.1", machine.here):
        assert not machine.reaches(address, port), "the channel layer is open to the worker"
        assert not machine.reaches(address, 5432), "a database is open to the worker"
    return ["PostgreSQL", "channel layer", "the portal's state folder"]


def _left_behind(portal: Portal, folder: Path) -> dict[str, Any]:
    """What is still there of the runs, on the worker's machine, in the store and in the queues."""
    work = folder / "elsewhere" / "state" / "worker" / "runs"
    client = docker.DockerClient(base_url=engine_address())
    mounts = [str(found.attrs["Mounts"]) for found in client.containers.list(all=True)]
    client.close()
    store = store_at(portal.given["STORAGE_URL"])
    backing = Path("/sys/block").glob("loop*/loop/backing_file")
    return {
        "runs": [path.name for path in work.iterdir()],
        "containers": [mount for mount in mounts if str(work) in mount],
        "loop_devices": [path.read_text() for path in backing if str(work) in path.read_text()],
        "objects": [found.key for found in store.list_objects("incoming/")],
        "open_uploads": [found.key for found in store.list_multiparts("incoming/")],
        "messages_for_jobs": _messages(portal, "jobs-cpu") + _messages(portal, "jobs-gpu"),
        "media_on_disk": [str(path) for path in (portal.home / "media").rglob("*")],
    }


def _messages(portal: Portal, queue: str) -> int:
    prefix = portal.given["SQS_QUEUES_URL"]
    found = make_client(portal.given["BROKER_URL"], prefix).get_queue_attributes(
        QueueUrl=queue_urls(prefix)[queue], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
