"""Build the demo's containers as archives that anyone can upload.

Usage: `python -m demo.containers.build --output DIR [--only NAME …]`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.containers.base import Base, prepare_base
from demo.containers.builder import ImageConfig, Layer, layer_from_files, write_archive
from demo.containers.cache import LayerCache
from demo.containers.errors import BuildError

__all__ = ["NAMES", "build", "main"]

ROOT = Path(__file__).parents[2]
CODE = "opt/algorithm"
ALGORITHMS = "demo/containers/algorithms"
EVALUATION = "demo/containers/evaluation"
STARTER_KIT = "demo/starter_kit"


@dataclass(frozen=True)
class Recipe:
    """One container: the module it runs, the arguments it gives, the code it carries.

    One that is ``plain`` needs nothing but Python, and is a third as large.
    """

    module: str
    command: tuple[str, ...]
    packages: tuple[str, ...]
    title: str
    plain: bool = False


def _algorithm(method: str, *, title: str) -> Recipe:
    module = "demo.containers.algorithms.segment"
    return Recipe(module=module, command=(method,), packages=(ALGORITHMS,), title=title)


RECIPES = {
    "nodules": _algorithm("nodules", title="Lung nodules by connectivity"),
    "nodules-naive": _algorithm("nodules-naive", title="Lung nodules slice by slice"),
    "otsu": _algorithm("otsu", title="Foreground by Otsu's threshold"),
    "otsu-naive": _algorithm("otsu-naive", title="Foreground by a rule of thumb"),
    "dice-evaluation": Recipe(
        module="demo.containers.evaluation.evaluate",
        command=(),
        packages=(ALGORITHMS, EVALUATION),
        title="Dice against reference masks",
    ),
    "file-evaluation": Recipe(
        module="demo.starter_kit.evaluate_file",
        command=(),
        packages=(STARTER_KIT,),
        title="Brier score of probabilities",
        plain=True,
    ),
}
NAMES = tuple(RECIPES)


def build(
    *,
    output: Path,
    cache: Path,
    only: Iterable[str] = NAMES,
    docker_host: str | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, Path]:
    """Write `<name>.tar` for each name into `output` and return the paths by name.

    Finished layers are kept in `cache`. `docker_host` is used only where Debian's tools are
    missing. Raises BuildError.
    """
    names = list(only)
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise BuildError(f"No such container: {', '.join(unknown)}. Known: {', '.join(NAMES)}.")
    layers = LayerCache(folder=cache, report=report)
    base = prepare_base(layers, docker_host=docker_host)
    return {name: _write(name, base=base, cache=layers, output=output) for name in names}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.containers.build", description="Build the demo's containers."
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="+", default=NAMES, metavar="NAME", choices=NAMES)
    options = parser.parse_args(arguments)
    home = Path(os.environ.get("HOUNSFIELD_HOME") or ROOT / ".hounsfield")
    try:
        build(
            output=options.output,
            cache=home / "demo" / "cache",
            only=options.only,
            docker_host=os.environ.get("DOCKER_HOST"),
            report=lambda line: print(line, flush=True),
        )
    except BuildError as failure:
        print(f"Error: {failure}", file=sys.stderr)
        return 1
    return 0


def _write(name: str, *, base: Base, cache: LayerCache, output: Path) -> Path:
    recipe = RECIPES[name]
    config = ImageConfig(
        entrypoint=(base.program, "-m", recipe.module),
        command=recipe.command,
        env=base.environment,
        labels={"org.opencontainers.image.title": recipe.title},
    )
    path = output / f"{name}.tar"
    digest = write_archive(
        path,
        config=config,
        layers=(
            *(base.plain_layers if recipe.plain else base.layers),
            _code_layer(recipe, cache=cache),
        ),
        tag=f"hounsfield-demo/{name}:latest",
    )
    cache.report(f"{name}: {path.stat().st_size / 1e6:.0f} MB, image sha256:{digest[:12]}")
    return path


def _code_layer(recipe: Recipe, *, cache: LayerCache) -> Layer:
    """The recipe's own modules, at the same import paths as in this repository."""
    files = {f"{CODE}/{name}": (ROOT / name).read_bytes() for name in _sources(recipe.packages)}
    kind = "code-" + Path(recipe.packages[-1]).name
    return layer_from_files(
        files, path=cache.folder / f"{kind}.tar", created_by=f"hounsfield demo: {kind}"
    )


def _sources(packages: Sequence[str]) -> list[str]:
    """Repository paths of the packages' modules and of the `__init__.py` files above them."""
    found = {"demo/__init__.py", "demo/containers/__init__.py"}
    for package in packages:
        found.update(path.relative_to(ROOT).as_posix() for path in (ROOT / package).glob("*.py"))
    return sorted(found)


if __name__ == "__main__":
    sys.exit(main())
