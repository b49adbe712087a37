"""Containers as people make them, which have to work: each does something that isolation breaks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.execution.contract import InputFile, Limits, ReasonCode
from app.execution.contract.limits import GIB, MIB
from app.execution.contract.spec import ImageReference
from demo.containers import debian
from demo.containers.builder import ImageConfig, Layer, layer_from_files, layer_from_tree
from demo.containers.builder import write_archive as write_image
from demo.containers.cache import LayerCache
from tests.contract.executor_cases import SMALL
from tests.factories.containers import base_layer, folder, shell_image
from tests.factories.engines import FileServer
from tests.hostile.rows import OK

CACHE = Path(tempfile.gettempdir()) / "hounsfield-test-layers"
ROOMY = replace(SMALL, memory=1 * GIB, scratch=256 * MIB, shm=256 * MIB, wall_clock=120)
_WRITER = shell_image(
    f"echo x > cache.txt && {OK}",
    layers=[{**base_layer(), "opt/app": folder(uid=1000, gid=1000)}],
    working_dir="/opt/app",
)
_USER_SITE = """
import json, os, psutil, site, sys
assert psutil.__file__.startswith(site.getusersitepackages()), psutil.__file__
assert os.getuid() != 0
json.dump({"score": psutil.cpu_count()}, open("/output/result.json", "w"))
"""
_LOADERS = """
import json, multiprocessing, os
from multiprocessing import shared_memory
SIZE = 4 << 20
def load(number):
    made = shared_memory.SharedMemory(create=True, size=SIZE)
    made.buf[:SIZE] = bytes([number]) * SIZE
    name = made.name
    made.close()
    return name
def take(name):
    found = shared_memory.SharedMemory(name=name)
    value = found.buf[SIZE - 1]
    found.close()
    found.unlink()
    return value
if __name__ == "__main__":
    with multiprocessing.Pool(16) as pool:
        total = sum(take(name) for name in pool.map(load, range(32), chunksize=1))
    assert total == sum(range(32)), total
    json.dump({"score": total}, open("/output/result.json", "w"))
"""
_NUMBA = """
import json, numba
@numba.njit(cache=True)
def total(count):
    found = 0
    for number in range(count):
        found += number
    return found
json.dump({"score": int(total(1000))}, open("/output/result.json", "w"))
"""


_GUIDE = (Path(__file__).parents[2] / "docs" / "containers.md").read_text()
_STAYS_UP = _GUIDE.partition("```python\n# app.py")[2].partition("```")[0]


@dataclass(frozen=True, kw_only=True)
class Friendly:
    """One container; `first` is how it ends before an author switches something on."""

    name: str
    does: str
    image: Callable[[FileServer], ImageReference]
    limits: Limits = SMALL
    first: ReasonCode | None = None
    first_limits: Limits = SMALL
    first_says: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    big: bool = False


def _shell(recipe: object) -> Callable[[FileServer], ImageReference]:
    return lambda files: files.publish_image(recipe)  # type: ignore[arg-type]


@dataclass(frozen=True)
class PythonImage:
    """A script on Debian's Python, with packages from PyPI in a folder of the image."""

    script: str
    packages: tuple[str, ...] = ()
    target: str = "opt/site"
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, files: FileServer) -> ImageReference:
        cache = LayerCache(folder=CACHE, report=lambda line: None)
        python, system = debian.base_layer(cache)
        code = layer_from_files(
            {"opt/app/process.py": self.script.encode()},
            path=files.folder / "code.tar",
            created_by="script",
        )
        layers = [system, code]
        if self.packages:
            layers.insert(1, self._site(cache, python.version))
        name = f"python-{code.diff_id[:16]}.tar"
        config = ImageConfig(
            entrypoint=(python.program, "/opt/app/process.py"),
            workdir="/opt/app",
            env=self.env,
            labels=self.labels,
        )
        write_image(files.folder / name, config=config, layers=layers, tag="friendly:latest")
        return files.publish_archive(name)

    def _site(self, cache: LayerCache, version: str) -> Layer:
        target = self.target.format(version=version)

        def make(path: Path) -> Layer:
            with tempfile.TemporaryDirectory(prefix="hounsfield-test-") as scratch:
                install = ["install", "--quiet", "--disable-pip-version-check", "--no-compile"]
                wheels = ["--only-binary=:all:", f"--python-version={version}"]
                into = f"--target={Path(scratch) / target}"
                command = [sys.executable, "-m", "pip", *install, *wheels, into, *self.packages]
                subprocess.run(command, check=True)
                return layer_from_tree(Path(scratch), path=path, created_by="packages")

        return cache.layer("friendly", recipe=(target, *self.packages), make=make)


FRIENDLY = (
    Friendly(
        name="user-site",
        does="has its packages where `pip install --user` puts them",
        image=PythonImage(
            _USER_SITE,
            packages=("psutil==7.1.0",),
            target="home/algorithm/.local/lib/python{version}/site-packages",
        ),
        limits=ROOMY,
    ),
    Friendly(
        name="writes-to-its-working-folder",
        does="writes beside its program; works once the root file system is writable",
        image=_shell(_WRITER),
        limits=replace(SMALL, writable_root=64 * MIB),
        first=ReasonCode.READ_ONLY,
        first_says=("`cache.txt` in its working folder", "Writable root file system"),
    ),
    Friendly(
        name="data-loaders",
        does="hands data between sixteen processes through /dev/shm",
        image=PythonImage(_LOADERS),
        limits=ROOMY,
    ),
    Friendly(
        name="compiles-with-numba",
        does="compiles a function while it runs and keeps it in a cache",
        image=PythonImage(_NUMBA, packages=("numba==0.62.1",), env={"PYTHONPATH": "/opt/site"}),
        limits=ROOMY,
        big=True,
    ),
    Friendly(
        name="stays-up",
        does="is the guide's example of a container that stays up",
        image=PythonImage(
            f"# app.py{_STAYS_UP}", labels={"org.grand-challenge.api-method": "invoke"}
        ),
        inputs=(InputFile(relative_path="age-in-months.json", content=b"30"),),
    ),
    Friendly(
        name="volume",
        does="declares a VOLUME and writes to it",
        image=_shell(
            shell_image(
                f"echo x > /data/x && cat /data/x && {OK}",
                layers=[{**base_layer(), "data": folder(uid=1000, gid=1000)}],
                volumes=["/data"],
            )
        ),
    ),
)
