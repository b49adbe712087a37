"""Environments of their own for clients, installed once and kept."""

import fcntl
import subprocess
import sys
from pathlib import Path

from config.local.home import REPOSITORY

FOLDER = REPOSITORY / ".hounsfield-test" / "clients"
NEEDED = ("numpy", "SimpleITK")


def client_python(version: str) -> Path:
    """Return the Python of an environment that has gcapi in ``version``."""
    return python_with(f"gcapi=={version}", *NEEDED)


def python_with(*packages: str) -> Path:
    """Return the Python of an environment that has these packages, making it when missing."""
    name = packages[0].replace("==", "-")
    folder = FOLDER / name
    python, done = folder / "bin" / "python", folder / ".installed"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            base = getattr(sys, "_base_executable", sys.executable)
            subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *packages]
            subprocess.run(install, check=True)
            done.touch()
    return python
