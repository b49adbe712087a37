"""A base layer with Python from Debian's or Ubuntu's own packages, unpacked and merged.

No maintainer script runs and no root is needed: `apt-get download` fetches packages that the
distribution's signed lists vouch for, `dpkg-deb` unpacks them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.containers.builder import Layer, layer_from_tree
from demo.containers.cache import LayerCache
from demo.containers.errors import BuildError

__all__ = ["DebianPython", "available", "base_layer", "precompile"]

# Versions for which the pinned numpy and scipy have wheels, the preferred one first.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LIBRARIES = ("libstdc++6", "libgcc-s1")
# Which of Python's own dependencies to take along: names carry ABI suffixes that vary by release
# (libssl3, libssl3t64), and the rest (readline, curses, Kerberos) serves nobody here.
NEEDED = re.compile(r"libc6|libcrypt1|libffi\d|libexpat1|zlib1g|libssl3|libbz2|liblzma5|libuuid1")
MERGED = ("bin", "sbin", "lib", "lib64")
UNWANTED = (
    "usr/share", "usr/lib/*/gconv", "usr/lib/*/perl*", "usr/lib/valgrind", "usr/bin/pydoc*",
    "usr/lib/python3*/idlelib", "usr/lib/python3*/lib2to3", "usr/lib/python3*/ensurepip",
    "usr/lib/python3*/pydoc_data", "usr/lib/python3*/distutils", "usr/lib/python3*/turtledemo",
    "usr/lib/python3*/tkinter", "usr/lib/python3*/test", "etc/*.d", "etc/python3*", "var",
)  # fmt: skip
ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/usr/sbin/nologin\n"
    "algorithm:x:10001:10001::/home/algorithm:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nalgorithm:x:10001:\n",
}
FOLDERS = ("tmp", "root", "proc", "sys", "dev", "input", "output", "home/algorithm", "opt")
MODES = {"tmp": 0o1777}


@dataclass(frozen=True)
class DebianPython:
    """The interpreter inside the layer."""

    version: str

    @property
    def program(self) -> str:
        """Its path inside the image."""
        return f"/usr/bin/python{self.version}"


def available() -> bool:
    """Say whether this machine can download Debian packages for amd64."""
    tools = all(shutil.which(tool) for tool in ("apt-get", "apt-cache", "dpkg", "dpkg-deb"))
    return tools and _output(["dpkg", "--print-architecture"]).strip() == "amd64"


def base_layer(cache: LayerCache) -> tuple[DebianPython, Layer]:
    """Return the base layer and the Python in it, from the cache or from packages."""
    python = DebianPython(version=_choose_python())

    def make(path: Path) -> Layer:
        with tempfile.TemporaryDirectory(prefix="hounsfield-base-") as scratch:
            tree = _unpacked_tree(python, scratch=Path(scratch), cache=cache)
            cache.report("base: compiling the standard library")
            precompile(tree, folder=f"usr/lib/python{python.version}", python=python)
            return layer_from_tree(
                tree, path=path, created_by="Debian packages with Python", modes=MODES
            )

    release = Path("/etc/os-release").read_text()
    recipe = (Path(__file__).read_text(), release, python.version)
    return python, cache.layer("base", recipe=recipe, make=make)


def precompile(tree: Path, *, folder: str, python: DebianPython, base: Path | None = None) -> None:
    """Compile `folder` of `tree` with the container's own Python, run from the `base` tree.

    The root file system is read-only when an algorithm runs, so what is not compiled now would be
    compiled again in every run. Hash-based files that are never checked need no file times (PEP
    552), and one process with a fixed hash seed gives the same bytes each time.
    """
    root = base or tree
    environment = {"PYTHONHOME": str(root / "usr"), "PYTHONHASHSEED": "0", "PATH": os.defpath}
    command = [
        *interpreter(root, python=python), "-B", "-m", "compileall", "-qq",
        "--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", "/", str(tree / folder),
    ]  # fmt: skip
    subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)


def interpreter(root: Path, *, python: DebianPython) -> list[str]:
    """Command that runs the unpacked interpreter on this machine, with its own C library."""
    libraries = root / "usr/lib/x86_64-linux-gnu"
    loader = next(libraries.glob("ld-linux-x86-64.so.2"))
    return [str(loader), "--library-path", str(libraries), f"{root}{python.program}"]


def _choose_python() -> str:
    for refresh in (False, True):
        if refresh:
            _refresh_lists()
        for version in PYTHONS:
            if "Candidate: (none)" not in _policy(f"python{version}-minimal"):
                return version
    wanted = ", ".join(f"python{version}-minimal" for version in PYTHONS)
    raise BuildError(f"This distribution offers none of {wanted}: use Debian 12 or newer.")


def _policy(package: str) -> str:
    return _output(["apt-cache", "policy", package]) or "Candidate: (none)"


def _refresh_lists() -> None:
    if os.geteuid() != 0:
        raise BuildError("The package lists are missing: run `apt-get update` as root once.")
    _run(["apt-get", "update", "-qq"], cwd=Path("/"))


def _packages(python: DebianPython) -> list[str]:
    own = [f"python{python.version}-minimal"]
    own += [f"libpython{python.version}-{part}" for part in ("minimal", "stdlib")]
    found = {*own, *LIBRARIES}
    for line in _output(["apt-cache", "depends", *own]).splitlines():
        kind, _, name = line.strip(" |").partition(": ")
        if kind in ("Depends", "PreDepends") and NEEDED.match(name):
            found.add(name)
    return sorted(found)


def _unpacked_tree(python: DebianPython, *, scratch: Path, cache: LayerCache) -> Path:
    downloads, tree = scratch / "packages", scratch / "tree"
    downloads.mkdir()
    packages = _packages(python)
    cache.report(f"base: fetching {len(packages)} Debian packages (Python {python.version})")
    _download(packages, folder=downloads)
    _lay_folders(tree)
    for package in sorted(downloads.glob("*.deb")):
        _unpack(package, tree=tree)
    for pattern in UNWANTED:
        for found in tree.glob(pattern):
            _remove(found)
    for name, content in ACCOUNTS.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(content)
    return tree


def _download(packages: Sequence[str], *, folder: Path) -> None:
    """Fetch packages; lists that name files no longer on the mirror are refreshed once."""
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *packages]
    try:
        _run(command, cwd=folder)
    except BuildError:
        _refresh_lists()
        _run(command, cwd=folder)


def _lay_folders(tree: Path) -> None:
    """Merged /usr: /bin, /sbin, /lib and /lib64 are links, as on every current release."""
    for name in MERGED:
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(f"usr/{name}")
    for name in FOLDERS:
        (tree / name).mkdir(parents=True)


def _unpack(package: Path, *, tree: Path) -> None:
    process = subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE, cwd=package.parent
    )
    with process, tarfile.open(fileobj=process.stdout, mode="r|") as tar:
        tar.extractall(tree, filter=_into_merged_usr)  # noqa: S202 -- signed packages, filtered
    if process.returncode != 0:
        raise BuildError(f"{package.name} could not be unpacked by dpkg-deb.")


def _into_merged_usr(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
    """Move what a package ships in /lib and its like below /usr, then extract as tar would."""
    name = member.name.removeprefix("./")
    top = name.split("/", 1)[0]
    moved = f"usr/{name}" if top in MERGED else name
    if moved in ("", "."):
        return None
    return tarfile.tar_filter(member.replace(name=moved, deep=False), path)


def _remove(found: Path) -> None:
    if found.is_dir() and not found.is_symlink():
        shutil.rmtree(found)
    else:
        found.unlink()


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(
        command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    return done.stdout


def _run(command: Sequence[str], *, cwd: Path) -> None:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, "LC_ALL": "C"}, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode != 0:
        said = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise BuildError(f"`{' '.join(command[:2])}` failed: {said}")
