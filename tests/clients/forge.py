"""Images out of a starter kit, built as their Dockerfiles say on bases that need no registry."""

from __future__ import annotations

import fcntl
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker

from demo.containers import debian
from demo.containers.base import prepare_base
from demo.containers.builder import ImageConfig, Layer, layer_from_tree, write_archive
from demo.containers.cache import LayerCache
from tests.clients.environments import python_with
from tests.factories.containers import busybox_path
from tests.hostile.friendly import CACHE

PREFIX = "hounsfield.test/forge"
FORGE = "grand-challenge-forge==0.7.5"
BASES = ("pytorch/pytorch:latest", "python:3.11-slim")
_APPLETS = "sh cat chmod chown cp ls mkdir rm env"
# As the generated Dockerfiles call them: the last word is the name.
_GROUPADD = '#!/bin/sh\nfor name; do :; done\necho "$name:x:999:" >> /etc/group\n'
_USERADD = (
    '#!/bin/sh\nfor name; do :; done\necho "$name:x:999:999::/home/$name:/bin/sh" >> /etc/passwd\n'
    'mkdir -p "/home/$name" /opt/app && chown 999:999 "/home/$name" /opt/app\n'
)
# What the generated algorithm calls of PyTorch, which is gigabytes.
_TORCH = """
class _Cuda:
    @staticmethod
    def is_available():
        return False
class _Linear:
    def __init__(self, inputs, outputs):
        self.outputs = outputs
    def to(self, device):
        return self
    def __call__(self, values):
        return [0.0] * self.outputs
class nn:
    Linear = _Linear
class _Tensor(list):
    def to(self, device):
        return self
def randn(*shape):
    return _Tensor()
def device(name):
    return name
cuda = _Cuda()
"""


def generate_pack(described: Path, *, folder: Path) -> Path:
    """Let the public program make its pack of a JSON file; return the folder of its one phase."""
    forge = python_with(FORGE).with_name("grand-challenge-forge")
    command = [str(forge), "pack", "-o", str(folder / "pack"), str(described)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [example] = (folder / "pack").rglob("example-algorithm")
    return example.parent


@contextmanager
def local_bases(
    client: docker.DockerClient, folder: Path, *, numpy: bool = False
) -> Iterator[None]:
    """Give one local image the names that the Dockerfiles start from; take them away after.

    Test processes share an engine, so only one at a time has these names. One with ``numpy``
    already has what the demo's containers compute with, for pip to find.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "bases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _named_bases(client, folder, numpy=numpy)


def _named_bases(client: docker.DockerClient, folder: Path, *, numpy: bool) -> Iterator[None]:
    cache = LayerCache(folder=CACHE, report=lambda line: None)
    python, system = debian.base_layer(cache)
    more = prepare_base(cache).layers[1:] if numpy else ()
    config = ImageConfig(
        entrypoint=(),
        command=("/bin/sh",),
        user="0",
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PIP_BREAK_SYSTEM_PACKAGES": "1",
            "PYTHONPATH": "/opt/site",
        },
    )
    path = folder / "base.tar"
    write_archive(
        path,
        config=config,
        layers=[system, *more, _tools(cache, python)],
        tag="hounsfield.test/forge-base:latest",
    )
    with path.open("rb") as file:
        image = client.images.load(file.read())[0]
    for name in BASES:
        image.tag(name)
    try:
        yield
    finally:
        for name in BASES:
            client.images.remove(name, noprune=True)


def build_image(client: docker.DockerClient, folder: Path, *, path: Path) -> None:
    """Build the Dockerfile in `folder`, unmodified, and save the image to `path`."""
    tag = f"{PREFIX}/{folder.name}:latest"
    try:
        image, _ = client.images.build(path=str(folder), tag=tag, network_mode="host", rm=True)
        with path.open("wb") as file:
            for chunk in image.save():
                file.write(chunk)
    finally:
        client.images.remove(tag, force=True)


def tarball(folder: Path) -> bytes:
    """What the kit's own script packs: the content of a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.add(folder, arcname=".")
    return out.getvalue()


def _tools(cache: LayerCache, python: debian.DebianPython) -> Layer:
    """A shell, accounts, pip, and the packages that the kit's requirements name."""

    def make(path: Path) -> Layer:
        with tempfile.TemporaryDirectory(prefix="hounsfield-test-") as scratch:
            tree = Path(scratch)
            programs = tree / "usr/local/bin"
            programs.mkdir(parents=True)
            (programs / "busybox").write_bytes(busybox_path().read_bytes())
            (programs / "groupadd").write_text(_GROUPADD)
            (programs / "useradd").write_text(_USERADD)
            for program in programs.iterdir():
                program.chmod(0o755)
            for applet in _APPLETS.split():
                (programs / applet).symlink_to("busybox")
            (tree / "usr/bin").mkdir()
            (tree / "usr/bin/sh").symlink_to("/usr/local/bin/busybox")
            (programs / "python").symlink_to(python.program)
            site = tree / "opt/site"
            _install(site, version=python.version)
            (site / "torch.py").write_text(_TORCH)
            return layer_from_tree(tree, path=path, created_by="tools")

    recipe = (Path(__file__).read_text(), python.version)
    return cache.layer("forge", recipe=recipe, make=make)


def _install(site: Path, *, version: str) -> None:
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--only-binary=:all:", f"--python-version={version}", f"--target={site}"),
        *("pip==25.2", "psutil==7.1.0"),
    ]
    subprocess.run(command, check=True)
