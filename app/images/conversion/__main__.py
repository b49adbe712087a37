"""Convert a folder in a process with limits: `python -m app.images.conversion --help`.

Prints the lines of `protocol`. Exits with 0 when every input file is in some image's sources or
was reported, 1 otherwise. Meant to be started by `child.run_conversion`, useful by hand too.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import logging
import os
import resource
import shutil
import signal
import sys
import warnings
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import BinaryIO

from app.images.conversion import protocol
from app.images.conversion.archives import Budget, is_archive, shown, unpack
from app.images.conversion.converting import convert
from app.images.conversion.issues import ConversionError, FileIssue
from app.images.conversion.limits import Limits
from app.images.conversion.model import Group
from app.images.conversion.options import Options
from app.images.conversion.scanning import scan, unforeseen

UNPACKED = ".unpacked"
_BATCH = 1000
_PR_SET_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 32 << 20


class Run:
    """One pass over a folder: what is named how, and what is already accounted for."""

    def __init__(
        self, *, source: Path, target: Path, limits: Limits, options: Options, out: BinaryIO
    ) -> None:
        self._source = source
        self._target = target
        self._limits = limits
        self._options = options
        self._out = out
        self._names: dict[Path, str] = {}
        self._done: set[str] = set()
        self._skip: set[str] = set()

    def convert_all(self, *, skip: set[str]) -> bool:
        """Convert everything but the names in `skip`; tell whether all files are accounted for."""
        self._skip = skip
        self._collect()
        for batch in _batches(list(self._names.values())):
            self._say({"files": batch})
        paths = list(self._names)
        result = scan(paths, limits=self._limits, on_file=self._announce)
        for issue in result.skipped:
            self._report(issue)
        for group in result.groups:
            self._convert(group)
        return self._done >= set(self._names.values())

    def _convert(self, group: Group) -> None:
        sources = [self._names[file] for file in group.files]
        self._say({"working": sources})
        try:
            image = convert(group, self._target, limits=self._limits, options=self._options)
        except ConversionError as error:
            for issue in error.issues(group.files):
                self._report(issue)
            blamed = {issue.file for issue in error.issues(group.files)}
            for file in group.files:
                if file not in blamed:
                    self._report(FileIssue.of(file, error.code, error.message))
        else:
            self._say(protocol.image_line(image, sources=sources))
            self._done.update(sources)
        self._say({"progress": len(self._done), "total": len(self._names)})

    def _collect(self) -> None:
        """List the input files, archives replaced by what is in them."""
        budget = Budget.of(self._limits)
        pending = [(path, str(path.relative_to(self._source)), 0) for path in _walk(self._source)]
        pending.reverse()
        while pending:
            path, name, depth = pending.pop()
            if name in self._skip:
                continue
            if len(self._names) >= self._limits.files:
                self._refuse(path, name, "TooLarge", "There are more files than are allowed.")
            elif depth < self._limits.archive_depth and self._is_archive(path):
                found = self._open_archive(path, name, budget)
                pending += [(file, inner, depth + 1) for file, inner in reversed(found)]
            else:
                self._names[path] = name

    def _is_archive(self, path: Path) -> bool:
        try:
            return is_archive(path)
        except OSError:
            return False

    def _open_archive(self, path: Path, name: str, budget: Budget) -> list[tuple[Path, str]]:
        self._say({"working": [name]})
        folder = self._target / UNPACKED / str(len(os.listdir(self._target / UNPACKED)))
        try:
            found = unpack(path, folder, self._limits, budget=budget)
        except Exception as error:  # noqa: BLE001 (one bad archive never stops the others)
            self._refuse(path, name, *_code_and_message(unforeseen(path, error)))
            return []
        for issue in found.issues:
            label = f"{name}/{issue.entry}" if issue.entry else name
            self._say(protocol.issue_line(label, issue))
        self._say({"archive": name})
        return [(file, f"{name}/{shown(str(file.relative_to(folder)))}") for file in found.files]

    def _refuse(self, path: Path, name: str, code: str, message: str) -> None:
        self._say(protocol.issue_line(name, FileIssue.of(path, code, message)))

    def _announce(self, path: Path) -> None:
        self._say({"working": [self._names[path]]})

    def _report(self, issue: FileIssue) -> None:
        name = self._names[issue.file]
        self._say(protocol.issue_line(name, issue))
        self._done.add(name)

    def _say(self, line: protocol.Line) -> None:
        self._out.write(protocol.encode(line))
        self._out.flush()


def _code_and_message(issue: FileIssue) -> tuple[str, str]:
    return issue.code, issue.message


def _walk(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder in a stable order, without following links."""
    for base, folders, files in os.walk(folder, followlinks=False):
        linked = [name for name in folders if (Path(base) / name).is_symlink()]
        folders[:] = sorted(set(folders) - set(linked))
        yield from (Path(base) / name for name in sorted([*files, *linked]))


def _batches(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def set_limits(limits: Limits) -> None:
    """Bound memory, processor time and file size; no core dump; die with the parent.

    A parse that runs wild then ends in MemoryError, in OSError or by a signal, and hurts nobody.
    """
    for what, value in (
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.output_file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (bounded, bounded))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.images.conversion", description=__doc__)
    parser.add_argument("--input", type=Path, required=True, help="folder with the files")
    parser.add_argument("--output", type=Path, required=True, help="folder for the images")
    parser.add_argument("--limits", type=json.loads, default={}, help="limits as a JSON object")
    parser.add_argument("--options", type=_options, default=Options(), help="choices as JSON")
    parser.add_argument("--skip", type=Path, help="JSON file with names to leave out")
    return parser.parse_args()


def _options(text: str) -> Options:
    return Options.of(json.loads(text))


def _limits(values: dict[str, int]) -> Limits:
    known = {field.name for field in fields(Limits)}
    return replace(Limits(), **{key: value for key, value in values.items() if key in known})


def _private_stdout() -> BinaryIO:
    """Keep standard output for ourselves: libraries that print there now print to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _keep_freed_memory() -> None:
    """Let the allocator reuse the memory of slices: else each costs the kernel's work anew."""
    with contextlib.suppress(AttributeError):  # another C library than GNU's has no mallopt
        library = ctypes.CDLL(None)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        library.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)


def _hush() -> None:
    """Keep the values of files out of what is printed: pydicom warns of malformed ones in full."""
    warnings.simplefilter("ignore")
    logging.getLogger("pydicom").disabled = True


def main() -> int:
    """Run once."""
    arguments = _arguments()
    _hush()
    _keep_freed_memory()
    limits = _limits(arguments.limits)
    out = _private_stdout()
    set_limits(limits)
    skip = set(json.loads(arguments.skip.read_text())) if arguments.skip else set()
    arguments.output.mkdir(parents=True, exist_ok=True)
    unpacked = arguments.output / UNPACKED
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir()
    run = Run(
        source=arguments.input,
        target=arguments.output,
        limits=limits,
        options=arguments.options,
        out=out,
    )
    try:
        complete = run.convert_all(skip=skip)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
