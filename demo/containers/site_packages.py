"""The layer with numpy and scipy, from pinned wheels checked by hash."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from demo.containers.builder import Layer, layer_from_tree
from demo.containers.cache import LayerCache
from demo.containers.errors import BuildError

__all__ = ["SITE", "site_layer"]

SITE = "opt/site"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64")
# The image is uploaded and loaded as a whole, so parts of scipy that `scipy.ndimage` never
# imports stay out: 70 MB of 170.
UNWANTED = (
    "bin", "numpy/f2py/src", "numpy/_core/include", "numpy/_core/lib/*.a", "numpy/random/lib",
    "scipy/cluster", "scipy/datasets", "scipy/differentiate", "scipy/fft", "scipy/fftpack",
    "scipy/integrate", "scipy/interpolate", "scipy/io", "scipy/linalg", "scipy/misc", "scipy/odr",
    "scipy/optimize", "scipy/signal", "scipy/sparse", "scipy/spatial", "scipy/stats",
    "**/tests", "**/*.pyi", "**/*.pyx", "**/*.pxd", "**/__pycache__", "*.dist-info/RECORD",
    "*.dist-info/REQUESTED", "*.dist-info/direct_url.json", "*.dist-info/INSTALLER",
)  # fmt: skip


def site_layer(
    cache: LayerCache,
    *,
    python_version: str,
    finish: Callable[[Path], None] = lambda tree: None,
    finished_by: str = "",
) -> Layer:
    """Return the layer that holds `/opt/site` for this Python version ("3.11").

    `finish` may complete the tree (compile it) before it is packed; `finished_by` names what it
    does, and for what, as part of the recipe.
    """

    def make(path: Path) -> Layer:
        with tempfile.TemporaryDirectory(prefix="hounsfield-site-") as scratch:
            tree = Path(scratch)
            cache.report("site: fetching numpy and scipy")
            _install(tree / SITE, python_version=python_version)
            for pattern in UNWANTED:
                for found in sorted((tree / SITE).glob(pattern), reverse=True):
                    shutil.rmtree(found) if found.is_dir() else found.unlink()
            cache.report("site: compiling")
            finish(tree)
            return layer_from_tree(tree, path=path, created_by="numpy and scipy")

    recipe = (Path(__file__).read_text(), REQUIREMENTS.read_text(), python_version, finished_by)
    return cache.layer("site", recipe=recipe, make=make)


def extract(layer: Layer, *, tree: Path) -> None:
    """Unpack a layer of ours, to run its interpreter on this machine."""
    with tarfile.open(layer.path, mode="r:") as tar:
        tar.extractall(tree, filter=tarfile.tar_filter)  # noqa: S202 -- our own layer


def _install(target: Path, *, python_version: str) -> None:
    """Install wheels for the container's Python, whatever Python and system we run on."""
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--no-compile", "--require-hashes", "--only-binary=:all:",
        "--implementation=cp", f"--python-version={python_version}",
        f"--abi=cp{python_version.replace('.', '')}",
        *(f"--platform={platform}" for platform in PLATFORMS),
        f"--target={target}", f"--requirement={REQUIREMENTS}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise BuildError(f"numpy and scipy could not be fetched: {said}")
