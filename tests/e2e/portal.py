"""The real stack, started as `make demo` starts it, in a state folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from config.local.home import REPOSITORY

PASSWORD = "walk-the-line"  # another than the default: DEMO_PASSWORD must be honored
READY_WITHIN = 360.0  # seconds, issue limit of a first start on two cores
STOPPED_WITHIN = 60.0
# Addresses of the unit tests' servers and of CI: the portal must start its own.
NOT_PASSED_ON = (
    "DATABASE_URL",
    "BROKER_URL",
    "CHANNEL_LAYER_URL",
    "STORAGE_URL",
    "DJANGO_SETTINGS_MODULE",
    "SITE_URL",
    "HOST",
)


class PortalFailed(Exception):
    """The portal did not come up or did not stop; carries the end of its output."""


@dataclass
class Portal:
    """One running portal."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """What a second command needs in order to speak with this portal."""
        return environment(home=self.home, port=self.port)

    @property
    def containers(self) -> Path:
        """The folder of the demo's container archives."""
        return self.home / "demo" / "containers"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not self._ready():
            if self.process.poll() is not None:
                raise PortalFailed(f"The portal ended at once:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise PortalFailed(f"Not ready after {READY_WITHIN:.0f} s:\n{self.tail()}")
            time.sleep(0.5)

    def stop(self) -> None:
        """Ask it to stop as Ctrl-C does, and see that nothing of it is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=STOPPED_WITHIN)
            except subprocess.TimeoutExpired as error:
                os.killpg(self.process.pid, signal.SIGKILL)
                raise PortalFailed(f"Ctrl-C did not stop it:\n{self.tail()}") from error
        left = list(self.processes())
        if left:
            raise PortalFailed(f"Left behind: {left}\n{self.tail()}")

    def processes(self) -> Iterator[str]:
        """Name every process that was started with this state folder."""
        home = str(self.home).encode()
        mark = b"HOUNSFIELD_HOME=" + home
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
                variables = (folder / "environ").read_bytes().split(bytes(1))
            except OSError:
                continue  # ended meanwhile, or not ours to read
            if mark in variables or home + b"/" in command:
                yield f"{folder.name} {command.replace(bytes(1), b' ').decode(errors='replace')}"

    def tail(self) -> str:
        return self.output.read_text(errors="replace")[-3000:]

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


def environment(*, home: Path, port: int, given: Mapping[str, str] | None = None) -> dict[str, str]:
    source = os.environ if given is None else given
    kept = {name: value for name, value in source.items() if name not in NOT_PASSED_ON}
    return {
        **kept,
        "HOUNSFIELD_HOME": str(home),
        "PORT": str(port),
        "DEMO_PASSWORD": PASSWORD,
        "HOUNSFIELD_INSTALL_ENGINE": "1",
    }


def start_portal(home: Path) -> Portal:
    """Start the portal; the caller waits until it is ready and stops it."""
    home.mkdir(parents=True, exist_ok=True)
    port, output = free_port(), home.with_suffix(".log")
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.local.demo"],
            cwd=REPOSITORY,
            env=environment(home=home, port=port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Portal(home=home, port=port, process=process, output=output)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
