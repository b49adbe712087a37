"""Keep finished layers between builds, under the state folder.

A layer's name in the cache is a hash of its recipe: the source of the module that makes it and
whatever else decides its content. A changed recipe is a new name; nothing is ever updated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from demo.containers.builder import Layer, layer_from_tar

__all__ = ["LayerCache"]


@dataclass(frozen=True)
class LayerCache:
    """Layers under one folder. `report` receives one line of progress at a time."""

    folder: Path
    report: Callable[[str], None]

    def layer(self, name: str, *, recipe: tuple[str, ...], make: Callable[[Path], Layer]) -> Layer:
        """Return the cached layer of this recipe, or `make` it at the path it is given."""
        key = hashlib.sha256("\0".join((name, *recipe)).encode()).hexdigest()[:16]
        path = self.folder / f"{name}-{key}.tar"
        if path.exists():
            self.report(f"{name}: in the cache")
            return layer_from_tar(path, created_by=f"hounsfield demo: {name}")
        layer = make(path)
        self.report(f"{name}: built, {path.stat().st_size / 1e6:.0f} MB")
        return replace(layer, created_by=f"hounsfield demo: {name}")
