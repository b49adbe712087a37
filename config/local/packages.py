"""Debian packages that tests need, installed when that is allowed."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from config.local.engine import install_allowed


@dataclass(frozen=True)
class Need:
    """A program that tests use: where it may already be, and the packages that bring it."""

    programs: tuple[str, ...]
    packages: tuple[str, ...]
    purpose: str

    @property
    def met(self) -> bool:
        """Whether one of the programs is there."""
        return any(shutil.which(program) for program in self.programs)


BROWSER = Need(
    programs=("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    packages=("chromium-headless-shell", "fonts-dejavu-core"),
    purpose="browser tests",
)

Run = Callable[[list[str]], None]
"""Runs one command to its end, raises when it fails."""


def become_root() -> list[str] | None:
    """Return what to put before a command that needs root; None when root is out of reach."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    refused = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode
    return None if refused else [sudo, "-n"]


def provide(
    needs: Iterable[Need],
    *,
    environ: Mapping[str, str],
    ask: Callable[[str], bool],
    run: Run,
) -> list[Need]:
    """Install what is missing, when that is allowed; return the needs that stay unmet."""
    missing = [need for need in needs if not need.met]
    prefix = become_root()
    if not missing or prefix is None or shutil.which("apt-get") is None:
        return missing
    packages = [package for need in missing for package in need.packages]
    question = f"Tests need Debian's {', '.join(packages)}. Install now?"
    if not install_allowed(environ) and not ask(question):
        return missing
    environment = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    run([*environment, "apt-get", "update", "-qq"])
    run([*environment, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])
    return [need for need in missing if not need.met]
