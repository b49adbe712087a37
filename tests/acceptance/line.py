"""From a fresh clone to a leaderboard: the newcomer's way, timed, and on outside servers.

1. A fresh clone with an empty home: `make demo` reaches /readyz in at most 6 minutes, the second
   start in at most 20 s, and Ctrl-C leaves no process behind.
2. The walkthrough on the real CT and MR series of the test images.
3. The same against an outside PostgreSQL, Redis protocol and S3 server by environment variables
   only; then nothing is written to the media folder.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from config.local.servers import private_postgres, private_valkey
from tests.data import DATA
from tests.servers import s3_server

ROOT = Path(__file__).resolve().parents[2]
SERIES = ("ct_axial_philips", "mr_t1_sagittal_HFS", "enhanced_mr_philips")
OURS = ("DATABASE_URL", "BROKER_URL", "CHANNEL_LAYER_URL", "STORAGE_URL", "DJANGO_SETTINGS_MODULE")


def run(results: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="hounsfield-accept-") as scratch:
        folder = Path(scratch)
        clone = folder / "hounsfield"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        home = {"HOME": str(folder / "home"), "HOUNSFIELD_HOME": str(folder / "state")}
        with _demo(clone, home) as demo:
            results["first_start_s"] = demo.seconds
            results["walkthrough"] = {name: demo.walk(name) for name in SERIES}
        assert results["first_start_s"] <= 360, results
        with _demo(clone, home) as demo:
            results["second_start_s"] = demo.seconds
        assert results["second_start_s"] <= 20, results
        results["outside_servers"] = _outside(clone, folder)


def _outside(clone: Path, folder: Path) -> dict[str, Any]:
    servers = folder / "servers"
    servers.mkdir()
    state = folder / "outside"
    with ExitStack() as stack:
        more = {
            "HOME": str(folder / "home"),
            "HOUNSFIELD_HOME": str(state),
            "DATABASE_URL": stack.enter_context(private_postgres(servers)),
            "BROKER_URL": stack.enter_context(private_valkey(servers)),
            "STORAGE_URL": stack.enter_context(s3_server()),
        }
        demo = stack.enter_context(_demo(clone, more))
        seen = {name: demo.walk(name) for name in SERIES[:2]}
        assert not any((state / "media").rglob("*")), "something was written to the media folder"
        assert not (state / "postgres").exists(), "a private PostgreSQL was started"
        assert not (state / "valkey").exists(), "a private Valkey was started"
        return {"start_s": demo.seconds, "walkthrough": seen}


class Demo:
    """A running demo of a clone."""

    def __init__(self, clone: Path, env: dict[str, str]) -> None:
        self.clone, self.env, self.seconds = clone, env, 0.0

    def walk(self, series: str) -> dict[str, Any]:
        """Walk through with one real series; return the seconds per step and the scores."""
        assert DATA is not None, "the real test images are not here"
        command = [".venv/bin/python", "manage.py", "walkthrough", "--input", str(DATA / series)]
        done = subprocess.run(
            command, cwd=self.clone, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{series}: {done.stdout}{done.stderr[-2000:]}"
        steps = re.findall(r"^(.{22}) +([0-9.]+) s", done.stdout, re.M)
        scores = re.findall(r"Dice ([0-9.]+) before ([0-9.]+)", done.stdout)[0]
        return {
            "seconds": {name.strip(): float(seconds) for name, seconds in steps},
            "dice": [float(score) for score in scores],
        }


@contextmanager
def _demo(clone: Path, more: dict[str, str]) -> Iterator[Demo]:
    inherited = {key: value for key, value in os.environ.items() if key not in OURS}
    port = _free_port()
    env = {**inherited, **more, "PORT": str(port), "HOUNSFIELD_INSTALL_ENGINE": "1"}
    env.pop("VIRTUAL_ENV", None)
    Path(more["HOME"]).mkdir(exist_ok=True)
    demo = Demo(clone, env)
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "demo"], cwd=clone, env=env, start_new_session=True, stdout=sys.stderr
    )
    try:
        _wait_until_ready(port, process)
        demo.seconds = round(time.monotonic() - started, 1)
        yield demo
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)
        left = _processes_naming(more["HOUNSFIELD_HOME"])
        assert not left, f"left behind: {left}"


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        assert process.poll() is None, "make demo ended by itself"
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("make demo did not become ready in 10 minutes")


def _processes_naming(text: str) -> list[str]:
    """Return the command lines of living processes whose environment or arguments name it."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            seen = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"HOUNSFIELD_HOME={text}\0".encode() in seen:
            found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
