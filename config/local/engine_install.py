"""Install Debian's container engine without letting its service start.

The portal runs the daemon itself, under its own state folder; the distribution's service would be
a second engine that nobody asked for, now or at the next boot.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.local.engine_daemon import EngineError

__all__ = ["check_possible", "find_dockerd", "install", "no_service_start"]

PACKAGES = ("docker.io", "iptables")
SERVICES = ("docker.service", "docker.socket", "containerd.service")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
POLICY = Path("/usr/sbin/policy-rc.d")
# invoke-rc.d reads the exit status: 101 forbids every action (Debian policy, section 9.3.3.2).
FORBID_ALL = "#!/bin/sh\n# Written by hounsfield while it installs packages.\nexit 101\n"
LOCK_SECONDS = 300


def check_possible() -> None:
    """Raise EngineError unless this machine can run a private engine at all."""
    if platform.system() != "Linux":
        raise EngineError(
            "No container engine was found: install Docker Desktop or Podman and start it."
        )
    if os.geteuid() != 0:
        raise EngineError(
            "No container engine was found and only root can start one: start Docker or Podman, "
            "or run this as root."
        )
    if find_dockerd() is None and shutil.which("apt-get", path=SYSTEM_PATH) is None:
        raise EngineError(
            "No container engine was found and this is neither Debian nor Ubuntu: install Docker "
            "or Podman with your system's own package tool."
        )


def find_dockerd() -> Path | None:
    """Return the installed dockerd program, looking in the system folders too."""
    found = shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    return Path(found) if found else None


def install(*, log: Path) -> None:
    """Install `docker.io iptables`; package lists are refreshed when they are missing or old.

    Raises EngineError with the last line of apt's output, all of which goes to `log`.
    """
    install_packages(PACKAGES, services=SERVICES, log=log)
    if find_dockerd() is None:
        raise EngineError(f"docker.io was installed but brought no dockerd: see {log}.")


def install_packages(packages: Sequence[str], *, services: Sequence[str], log: Path) -> None:
    """Install Debian's packages; their ``services`` start neither now nor at the next boot."""
    fresh = [service for service in services if not _known_service(service)]
    with no_service_start():
        if not _has_candidate(packages[0]):
            _apt(["update", "-qq"], log=log)
        arguments = ["install", "-y", "-qq", "--no-install-recommends", *packages]
        try:
            _apt(arguments, log=log)
        except EngineError:
            _apt(["update", "-qq"], log=log)
            _apt(arguments, log=log)
    _disable_at_boot(fresh)


@contextmanager
def no_service_start(policy: Path = POLICY) -> Iterator[None]:
    """Forbid package scripts to start services meanwhile; an existing policy is put back."""
    saved = policy.with_name(policy.name + ".hounsfield-saved")
    if policy.exists() and policy.read_text() != FORBID_ALL:
        policy.rename(saved)
    policy.write_text(FORBID_ALL)
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
        if saved.exists():
            saved.rename(policy)


def _has_candidate(package: str) -> bool:
    command = ["apt-cache", "show", "--no-all-versions", package]
    shown = subprocess.run(command, capture_output=True, check=False)
    return shown.returncode == 0 and f"Package: {package}".encode() in shown.stdout


def _apt(arguments: Sequence[str], *, log: Path) -> None:
    """Run apt-get, waiting while another process holds its lists or the package database."""
    deadline = time.monotonic() + LOCK_SECONDS
    command = ["apt-get", "-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    log.parent.mkdir(parents=True, exist_ok=True)
    while True:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        with log.open("a") as lines:
            lines.write(f"$ {' '.join(command)}\n{done.stdout}")
        if done.returncode == 0:
            return
        if "Could not get lock" not in done.stdout or time.monotonic() > deadline:
            said = (done.stdout.strip().splitlines() or ["no output"])[-1]
            raise EngineError(f"Installing Debian's packages failed: {said}")
        time.sleep(1)


def _known_service(service: str) -> bool:
    folders = ("/lib/systemd/system", "/usr/lib/systemd/system", "/etc/systemd/system")
    return any(Path(folder, service).exists() for folder in folders)


def _disable_at_boot(services: Sequence[str]) -> None:
    """Keep services we brought from starting with the machine; those already there stay as set."""
    systemctl = shutil.which("systemctl", path=SYSTEM_PATH)
    if systemctl and services:
        subprocess.run([systemctl, "disable", *services], capture_output=True, check=False)
