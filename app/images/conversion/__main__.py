"""Convert a folder in a process with limits: `python -m app.images.conversion --help`.

Prints the lines of `protocol`. Exits with 0 when every input file is in some image's sources or
was reported, 1 otherwise. Meant to be started by `child.run_conversion`, useful by hand too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

from app.images.conversion.deidentification import Deidentification
from app.images.conversion.limits import Limits
from app.images.conversion.options import Options
from app.images.conversion.process import (
    collect_rarely,
    hush,
    keep_freed_memory,
    private_stdout,
    set_limits,
)
from app.images.conversion.run import UNPACKED, Run


def _walk(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder in a stable order, without following links."""
    for base, folders, files in os.walk(folder, followlinks=False):
        linked = [name for name in folders if (Path(base) / name).is_symlink()]
        folders[:] = sorted(set(folders) - set(linked))
        yield from (Path(base) / name for name in sorted([*files, *linked]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.images.conversion", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--input", type=Path, help="folder with the files")
    source.add_argument("--files", type=Path, help="JSON file with an object: name -> path")
    parser.add_argument("--output", type=Path, required=True, help="folder for the images")
    parser.add_argument("--limits", type=json.loads, default={}, help="limits as a JSON object")
    parser.add_argument("--options", type=_options, default=Options(), help="choices as JSON")
    parser.add_argument("--skip", type=Path, help="JSON file with names to leave out")
    parser.add_argument("--jobs", type=int, default=1, help="processes that convert")
    parser.add_argument(
        "--deidentify",
        action="store_true",
        help="de-identify DICOM files, as standard input says (a secret is not for arguments)",
    )
    return parser.parse_args()


def _options(text: str) -> Options:
    return Options.of(json.loads(text))


def _limits(values: dict[str, int]) -> Limits:
    known = {field.name for field in fields(Limits)}
    return replace(Limits(), **{key: value for key, value in values.items() if key in known})


def _source(arguments: argparse.Namespace) -> dict[str, Path]:
    if arguments.files:
        return {name: Path(path) for name, path in json.loads(arguments.files.read_text()).items()}
    folder = arguments.input
    return {str(path.relative_to(folder)): path for path in _walk(folder)}


def _deidentification() -> Deidentification:
    """Read what the caller wants from its pipe, and close that before any file is opened."""
    with os.fdopen(os.dup(0), "rb") as pipe:
        wanted = Deidentification.decode(pipe.read(1 << 16))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return wanted


def main() -> int:
    """Run once."""
    arguments = _arguments()
    hush()
    keep_freed_memory()
    collect_rarely()
    limits = _limits(arguments.limits)
    out = private_stdout()
    wanted = _deidentification() if arguments.deidentify else None
    set_limits(limits)
    skip = set(json.loads(arguments.skip.read_text())) if arguments.skip else set()
    arguments.output.mkdir(parents=True, exist_ok=True)
    unpacked = arguments.output / UNPACKED
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir()
    run = Run(
        source=_source(arguments),
        target=arguments.output,
        limits=limits,
        options=arguments.options,
        out=out,
        wanted=wanted,
    )
    try:
        complete = run.convert_all(skip=skip, jobs=arguments.jobs)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
