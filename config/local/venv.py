"""Make `./.venv` and install the hashed requirements; run by the machine's Python.

Uses the standard library alone and imports nothing of the project, for nothing is installed yet.

    python3 config/local/venv.py base|dev
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
WHAT = {"base": "the portal's packages", "dev": "the packages of tests and checks"}
PERMISSION = ("CI", "HOUNSFIELD_INSTALL_ENGINE")


def main() -> None:
    """Bring one set of packages up to date; do nothing when its file has not changed."""
    name = sys.argv[1]
    requirements = REPOSITORY / "requirements" / f"{name}.txt"
    stamp = VENV / f".{name}"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == digest and PYTHON.exists()):
        started = time.monotonic()
        if not PYTHON.exists():
            create()
        install(requirements, what=WHAT[name])
        print(f"✓ Installed {WHAT[name]} ({time.monotonic() - started:.0f} s)", flush=True)
    stamp.write_text(digest)


def create() -> None:
    """Make the virtual environment, with Debian's missing part of Python when need be."""
    if importlib.util.find_spec("ensurepip") is None:
        add_ensurepip()
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)


def add_ensurepip() -> None:
    """Install Debian's python3-venv when that is allowed, else say how."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    command = ["apt-get", "install", "-y", "-qq", f"{version}-venv"]
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    print(f"Python's venv module is not complete here; {version}-venv adds what is missing.")
    if shutil.which("apt-get") is None or not may_install():
        sys.exit(f"Install it and start again: {' '.join([*sudo, *command])}")
    subprocess.run([*sudo, "apt-get", "update", "-qq"], check=True)
    subprocess.run([*sudo, *command], check=True, stdout=subprocess.DEVNULL)


def may_install() -> bool:
    """Ask on a terminal; elsewhere the environment says so."""
    if any(os.environ.get(name) in ("1", "true") for name in PERMISSION):
        return True
    if not sys.stdin.isatty():
        return False
    return input("Install it now? [y/N] ").strip().lower() in ("y", "yes")


def install(requirements: Path, *, what: str) -> None:
    """Install exactly the files whose hashes the requirements name."""
    print(f"Installing {what} …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if subprocess.call([*command, "--require-hashes", "-r", str(requirements)]):
        sys.exit(f"Installing {what} failed; see above.")


if __name__ == "__main__":
    main()
