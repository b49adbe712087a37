"""A private Podman that speaks Docker's protocol: another engine that jobs may run on.

Everything it has lies in one folder, and it ends with the block; nothing of a Podman that the
machine may have is used or changed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.local.engine import answers
from config.local.engine_daemon import EngineError
from config.local.engine_install import SYSTEM_PATH, install_packages

PACKAGES = ("podman", "runc")
START_SECONDS = 30
# Debian's crun 1.8 refuses hybrid cgroups, journald may be absent, and without the right to raise
# limits (CAP_SYS_RESOURCE) the defaults cannot be set. Jobs have no network.
CONFIGURATION = """\
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"

[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
"""


def why_no_podman(*, allow_install: bool, log: Path) -> str:
    """Say why there can be no private Podman here; empty when there can, installed if allowed."""
    if os.geteuid() != 0:
        return "only root can start a private Podman"
    if _programs_are_there():
        return ""
    if not allow_install or shutil.which("apt-get", path=SYSTEM_PATH) is None:
        return "Podman is not installed (Debian: apt-get install --no-install-recommends podman)"
    try:
        install_packages(PACKAGES, services=("podman.service", "podman.socket"), log=log)
    except EngineError as error:
        return str(error)
    return "" if _programs_are_there() else "podman was installed but is not there"


def _programs_are_there() -> bool:
    return all(shutil.which(name, path=SYSTEM_PATH) for name in PACKAGES)


@contextmanager
def private_podman(folder: Path) -> Iterator[str]:
    """Run Podman's service with its files below ``folder``; yield what to put in DOCKER_HOST."""
    with tempfile.TemporaryDirectory(prefix="hounsfield-podman-") as short:  # sockets' names
        run = Path(short)
        (run / "containers.conf").write_text(CONFIGURATION)
        host = f"unix://{run / 'podman.sock'}"
        root = ["--root", str(folder / "root"), "--runroot", str(run / "run")]
        podman = ["podman", *root, "--cgroup-manager", "cgroupfs"]
        environment = {**os.environ, "CONTAINERS_CONF": str(run / "containers.conf")}
        with (folder / "podman.log").open("ab") as log:
            service = subprocess.Popen(
                [*podman, "system", "service", "--time=0", host],
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            _wait(service, host, folder / "podman.log")
            yield host
        finally:
            remove = [*podman, "rm", "--all", "--force", "--volumes", "--time", "0"]
            subprocess.run(remove, env=environment, capture_output=True, check=False)
            service.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                service.wait(10)
            service.kill()
            service.wait()
            _forget_mounts(folder, run)


def _wait(service: subprocess.Popen[bytes], host: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(host):
        if service.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"Podman did not start: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.1)


def _forget_mounts(*folders: Path) -> None:
    """Detach what Podman left mounted, or its folders could not be removed."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [Path(line.split()[4].replace("\\040", " ")) for line in lines]
    for point in sorted(points, reverse=True):
        if any(folder in point.parents for folder in folders):
            subprocess.run(["umount", "--lazy", str(point)], capture_output=True, check=False)
