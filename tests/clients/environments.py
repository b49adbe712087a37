"""Environments of their own for clients, installed once and kept."""

import fcntl
import subprocess
import sys
from pathlib import Path

from config.local.home import REPOSITORY

FOLDER = REPOSITORY / ".hounsfield-test" / "clients"
NEEDED = ("numpy", "SimpleITK")


def client_python(version: str) -> Path:
    """Return the Python of an environment that has gcapi in ``version``, making it when missing."""
    folder = FOLDER / f"gcapi-{version}"
    python, done = folder / "bin" / "python", folder / ".installed"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"gcapi-{version}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            base = getattr(sys, "_base_executable", sys.executable)
            subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", f"gcapi=={version}", *NEEDED]
            subprocess.run(install, check=True)
            done.touch()
    return python
