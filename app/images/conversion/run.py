"""One pass of the converter over files: scanned, converted, and told line by line (`protocol`)."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from app.images.conversion import protocol
from app.images.conversion.connected import connected
from app.images.conversion.converting import convert
from app.images.conversion.deidentification import Deidentification
from app.images.conversion.issues import ConversionError, FileIssue
from app.images.conversion.limits import Limits
from app.images.conversion.model import ConvertedImage, Group
from app.images.conversion.options import Options
from app.images.conversion.process import crash_message, set_limits
from app.images.conversion.scanning import scan, unforeseen
from app.images.conversion.sniff import is_archive

if TYPE_CHECKING:
    from app.images.conversion.archives import Budget

UNPACKED = ".unpacked"
_BATCH = 1000


class Run:
    """One pass over a folder: what is named how, and what is already accounted for."""

    def __init__(
        self,
        *,
        source: Mapping[str, Path],
        target: Path,
        limits: Limits,
        options: Options,
        out: BinaryIO,
        wanted: Deidentification | None = None,
    ) -> None:
        self._source = source
        self._target = target
        self._limits = limits
        self._options = options
        self._out = out
        self._wanted = wanted
        self._names: dict[Path, str] = {}
        self._done: set[str] = set()
        self._skip: set[str] = set()
        self._looked = 0
        self._budget: Budget | None = None

    def convert_all(self, *, skip: set[str], jobs: int = 1) -> bool:
        """Convert everything but the names in `skip`; tell whether all files are accounted for."""
        self._skip = skip
        self._collect()
        for batch in _batches(list(self._names.values())):
            self._say({"files": batch})
        paths = list(self._names)
        result = scan(paths, limits=self._limits, on_file=self._announce)
        for issue in result.skipped:
            self._report(issue)
        runs = connected(result.groups)
        if jobs > 1 and len(runs) > 1:
            self._convert_in_parallel(runs, jobs=jobs)
        else:
            for run in runs:
                self._convert_together(run)
        return self._done >= set(self._names.values())

    def _convert_together(self, groups: list[Group]) -> None:
        """Convert groups that share files; nobody takes one of them for the whole."""
        together = len(groups) > 1
        if together:
            files = dict.fromkeys(file for group in groups for file in group.files)
            self._say({"together": [self._name(file) for file in files]})
        for group in groups:
            self._convert(group)
        if together:
            self._say({"together": []})

    def _convert(self, group: Group) -> None:
        sources = [self._name(file) for file in group.files]
        self._say({"working": sources})
        try:
            image = self._made(group)
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
        self._progress()

    def _convert_in_parallel(self, runs: Sequence[list[Group]], *, jobs: int) -> None:
        from app.images.conversion import parallel  # takes a while, and few have several processes

        parallel.convert_all(
            runs,
            jobs=jobs,
            convert=self._convert_apart,
            prepare=lambda: set_limits(self._limits),
            observer=_Forwarding(self, runs),
        )

    def _convert_apart(self, groups: list[Group]) -> bytes:
        """Convert in a forked process; return the lines to say."""
        self._out = buffer = io.BytesIO()
        self._convert_together(groups)
        return buffer.getvalue()

    def forward(self, output: bytes) -> None:
        """Say the results of a forked process as our own."""
        for raw in output.splitlines():
            line = protocol.decode(raw)
            if "image" in line:
                self._done.update(protocol.names(line, "sources"))
            elif "file" in line:
                self._done.add(str(line["file"]))
            elif "together" not in line:
                continue
            self._say(line)
        self._progress()

    def work_on(self, groups: Sequence[Group]) -> None:
        """Say which files are in work."""
        self._say({"working": [self._name(file) for group in groups for file in group.files]})

    def lose(self, groups: Sequence[Group], message: str) -> None:
        """Blame files for the end of the process that worked on them."""
        for file in dict.fromkeys(file for group in groups for file in group.files):
            if self._name(file) not in self._done:
                self._report(FileIssue.of(file, "Crashed", message))
        self._progress()

    def _progress(self) -> None:
        total = len(self._names)
        self._say({"progress": min(len(self._done), total), "total": total})

    def _name(self, file: Path) -> str:
        """Return what a file is called; a data file that only its header named keeps its path."""
        return self._names.get(file) or str(file)

    def _made(self, group: Group) -> ConvertedImage:
        """Convert a group and de-identify its sources, or leave nothing of either."""
        image = convert(group, self._target, limits=self._limits, options=self._options)
        if self._wanted is None:
            return image
        # pydicom's dictionaries take a while to import, which other formats do not need.
        from app.images.conversion.source_files import deidentify_group

        try:
            found, remarks = deidentify_group(group, self._target, wanted=self._wanted)
        except BaseException as error:
            image.path.unlink(missing_ok=True)
            if isinstance(error, MemoryError):
                raise ConversionError(
                    "TooLarge", "Its files need more memory than is allowed.", files=group.files
                ) from error
            raise
        return replace(image, deidentified=found, warnings=(*image.warnings, *remarks))

    def _collect(self) -> None:
        """List the input files, archives replaced by what is in them."""
        pending = [(path, name, 0) for name, path in self._source.items()]
        pending.reverse()
        while pending:
            path, name, depth = pending.pop()
            if name in self._skip:
                continue
            if len(self._names) >= self._limits.files:
                self._refuse(path, name, "TooLarge", "There are more files than are allowed.")
            elif depth < self._limits.archive_depth and self._is_archive(path):
                found = self._open_archive(path, name)
                pending += [(file, inner, depth + 1) for file, inner in reversed(found)]
            else:
                self._names[path] = name

    def _is_archive(self, path: Path) -> bool:
        try:
            return is_archive(path)
        except OSError:
            return False

    def _open_archive(self, path: Path, name: str) -> list[tuple[Path, str]]:
        # The modules of archives take a while to import, which plain files do not need.
        from app.images.conversion.archives import Budget, shown, unpack

        self._budget = self._budget or Budget.of(self._limits)
        self._say({"working": [name]})
        folder = self._target / UNPACKED / str(len(os.listdir(self._target / UNPACKED)))
        try:
            found = unpack(path, folder, self._limits, budget=self._budget)
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
        self._looked += 1
        self._say({"working": [self._names[path]], "looked": self._looked})

    def _report(self, issue: FileIssue) -> None:
        name = self._name(issue.file)
        self._say(protocol.issue_line(name, issue))
        self._done.add(name)

    def _say(self, line: protocol.Line) -> None:
        self._out.write(protocol.encode(line))
        self._out.flush()


class _Forwarding:
    """Turns what becomes of groups in other processes into lines of the run."""

    def __init__(self, run: Run, runs: Sequence[list[Group]]) -> None:
        self._run = run
        self._runs = runs

    def started(self, indices: Sequence[int]) -> None:
        """Say what is in work, in case all of us are ended from outside."""
        self._run.work_on([group for index in indices for group in self._runs[index]])

    def finished(self, index: int, output: bytes) -> None:
        """Pass on the lines."""
        self._run.forward(output)

    def died(self, index: int, returncode: int) -> None:
        """Name the files."""
        self._run.lose(self._runs[index], crash_message(returncode))


def _code_and_message(issue: FileIssue) -> tuple[str, str]:
    return issue.code, issue.message


def _batches(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
