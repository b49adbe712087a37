"""What every demo container stands on: a small system with Python, numpy and scipy."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.containers import debian, registry
from demo.containers.builder import Layer, layer_from_files
from demo.containers.cache import LayerCache
from demo.containers.site_packages import SITE, extract, site_layer

__all__ = ["Base", "prepare_base"]

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": f"/{SITE}:/opt/algorithm",
    # One thread: the images promise to work on one core, and pids are limited.
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Base:
    """Layers, lowest first, the interpreter's path in them, and the environment it needs."""

    layers: Sequence[Layer]
    program: str
    environment: Mapping[str, str]

    @property
    def plain_layers(self) -> Sequence[Layer]:
        """The layers without numpy and scipy, which are the last one."""
        return self.layers[:-1]


def prepare_base(cache: LayerCache, *, docker_host: str | None = None) -> Base:
    """Build the base from Debian packages, or from a registry's image where there is no apt.

    Raises BuildError with what to install when neither works.
    """
    if debian.available():
        return _debian_base(cache)
    return _registry_base(cache, docker_host=docker_host)


def _debian_base(cache: LayerCache) -> Base:
    python, system = debian.base_layer(cache)

    def compile_site(tree: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="hounsfield-run-") as scratch:
            extract(system, tree=Path(scratch))
            debian.precompile(tree, folder=SITE, python=python, base=Path(scratch))

    site = site_layer(
        cache, python_version=python.version, finish=compile_site, finished_by=system.diff_id
    )
    return Base(layers=(system, site), program=python.program, environment=ENVIRONMENT)


def _registry_base(cache: LayerCache, *, docker_host: str | None) -> Base:
    system = registry.pulled_layers(cache, docker_host=docker_host)
    accounts = cache.layer(
        "accounts",
        recipe=tuple(debian.ACCOUNTS.values()),
        make=lambda path: layer_from_files(
            {},
            path=path,
            created_by="the folders of the container contract",
            directories={"input": 0o755, "output": 0o755, "home/algorithm": 0o755},
        ),
    )
    site = site_layer(cache, python_version=registry.PYTHON_VERSION)
    layers = (*system, accounts, site)
    return Base(layers=layers, program=registry.PROGRAM, environment=ENVIRONMENT)
