"""Convert a folder in a child process, so that no file can take the caller down with it.

The child works under limits and without the caller's environment. When it dies, the files it was
working on are named as the cause and a new child goes on with the rest.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.core.scratch import scratch_folder
from app.images.conversion import protocol
from app.images.conversion.deidentification import Deidentification
from app.images.conversion.issues import FileIssue
from app.images.conversion.limits import Limits
from app.images.conversion.model import ConvertedImage
from app.images.conversion.options import Options
from app.images.conversion.process import crash_message
from app.images.conversion.run import UNPACKED

OnProgress = Callable[[int, int], None]
_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = (sys.executable, "-m", "app.images.conversion")
_MAX_LINE_BYTES = 64 << 20
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(slots=True)
class ConversionReport:
    """What became of every file of a folder.

    `sources` of images and `file` of issues are relative to the input folder; what was inside an
    archive is named `archive.zip/name`. Every input file (or archive entry) is in at least one
    image's sources or in one issue. `opened` are the archives whose entries stand in for them.
    `restarts` counts children that died.
    """

    images: list[ConvertedImage] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    restarts: int = 0


@dataclass(slots=True)
class Settled:
    """What has become of some files, for good: no later line is about any of them."""

    images: list[ConvertedImage] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)


OnSettled = Callable[[Settled], None]


def run_conversion(
    source: Path | Mapping[str, Path],
    output_dir: Path,
    *,
    limits: Limits | None = None,
    options: Options | None = None,
    jobs: int = 1,
    on_progress: OnProgress | None = None,
    on_look: OnProgress | None = None,
    on_settled: OnSettled | None = None,
    skip: Iterable[str] = (),
    prefix: Sequence[str] = (),
    deidentification: Deidentification | None = None,
) -> ConversionReport:
    """Convert all files below the folder `source` but those named in `skip`, in time.

    Instead of a folder, `source` may map names to the paths of plain files; the report then speaks
    of these names. `jobs` processes convert at the same time, with the same results as one. All
    takes `limits.wall_seconds` at most.

    `on_progress(done, total)` and `on_look(looked, total)` count files, the skipped ones included.
    `on_settled` is given results as they come; it may take an image's file away, and the files
    that made it. What a callback raises ends the conversion and is passed on. `prefix` is a
    command to run the child under (a sandbox). Nothing the files hold can raise; only a folder
    that cannot be used does (OSError).

    With `deidentification` the DICOM sources of each image are de-identified too; it reaches the
    child by its standard input, where no other process sees it.
    """
    limits, options = limits or Limits(), options or Options()
    output_dir.mkdir(parents=True, exist_ok=True)
    account = _Account(source, output_dir, skip)
    account.on_progress, account.on_look = on_progress, on_look
    account.on_settled = on_settled
    try:
        with _source_arguments(source) as where:
            choices = _choices(limits, options, jobs)
            command = [*prefix, *_PROGRAM, *where, "--output", str(output_dir.resolve()), *choices]
            _run_children(account, command, limits=limits, deidentification=deidentification)
        account.close_rest()
        account.settle()
    finally:
        shutil.rmtree(output_dir / UNPACKED, ignore_errors=True)
        account.remove_leftovers()
    return account.report


def _run_children(
    account: _Account,
    command: Sequence[str],
    *,
    limits: Limits,
    deidentification: Deidentification | None,
) -> None:
    """Start children until one comes to the end, nothing can be blamed or time is up."""
    deadline = time.monotonic() + limits.wall_seconds
    while True:
        end = _run_child(account, command, deadline=deadline, deidentification=deidentification)
        if end.complete or not account.close_working(end):
            return
        account.report.restarts += 1
        if end.timed_out or account.report.restarts > limits.restarts:
            return


@dataclass(frozen=True, slots=True)
class _End:
    """How a child ended."""

    returncode: int
    timed_out: bool
    malformed: bool

    @property
    def complete(self) -> bool:
        return self.returncode == 0 and not self.malformed

    def blame(self) -> tuple[str, str]:
        """Return code and message for the files the child was working on."""
        if self.timed_out or self.returncode == -signal.SIGXCPU:
            return "TimedOut", "Converting this file took longer than is allowed."
        return "Crashed", crash_message(self.returncode)


class _Account:
    """Books on every file: what is open, what is being worked on, what became of it."""

    def __init__(
        self, source: Path | Mapping[str, Path], target: Path, skip: Iterable[str]
    ) -> None:
        self.report = ConversionReport()
        self.target = target
        self.on_progress: OnProgress | None = None
        self.on_look: OnProgress | None = None
        self.on_settled: OnSettled | None = None
        self._before = set(os.listdir(target))
        self._open = _names_below(source) if isinstance(source, Path) else set(source)
        self._closed: set[str] = set(skip)
        self._open -= self._closed
        self._told: set[FileIssue] = set()
        self._working: list[str] = []
        self._settling = Settled()
        self._together = False
        self._counted: Callable[[], None] | None = None

    @property
    def closed(self) -> list[str]:
        """Names that need no further work."""
        return sorted(self._closed)

    def take(self, line: protocol.Line) -> None:
        """Book one line of a child. Raises ValueError for a malformed one."""
        if "working" in line:
            self._working = protocol.names(line, "working")
            self._count(self.on_look, int(line.get("looked", 0)))
        elif "together" in line:
            self._together = bool(protocol.names(line, "together"))
        elif "files" in line:
            self._open.update(set(protocol.names(line, "files")) - self._closed)
        elif "archive" in line:
            self._open.discard(str(line["archive"]))
            self.report.opened.append(str(line["archive"]))
        elif "image" in line:
            image = protocol.read_image(line, output_dir=self.target)
            self.report.images.append(image)
            self._settling.images.append(image)
            self._close(map(str, image.sources))
        elif "file" in line:
            self._book(protocol.read_issue(line))
        elif "progress" in line:
            self._count(self.on_progress, len(self._closed))

    def tell(self) -> None:
        """Call back about what the last lines said; apart from `take`, whose errors are theirs.

        The issues of one group come line by line and are handed on at its end, all at once: who
        knew of half of them would take the other half for a series of its own.
        """
        if not self._together and (self._settling.images or self._counted):
            self.settle()
        if self._counted is not None:
            self._counted()
            self._counted = None

    def settle(self) -> None:
        """Hand on what is settled by now."""
        settled, self._settling = self._settling, Settled()
        if self.on_settled is not None and (settled.images or settled.issues):
            self.on_settled(settled)

    def close_working(self, end: _End) -> bool:
        """Blame the files in work for the child's end; tell whether anything could be blamed."""
        blamed = [name for name in self._working if name in self._open]
        code, message = end.blame()
        for name in blamed:
            self._book(FileIssue.of(Path(name), code, message))
        self._working = []
        self._together = False
        return bool(blamed)

    def close_rest(self) -> None:
        """Name every file nobody came to."""
        for name in sorted(self._open):
            self._book(
                FileIssue.of(Path(name), "NotReached", "The conversion ended before this file.")
            )

    def remove_leftovers(self) -> None:
        """Delete what dead children left half-written."""
        made = {path.name for image in self.report.images for path in image.paths}
        known = self._before | made
        for name in set(os.listdir(self.target)) - known:
            path = self.target / name
            if path.is_file() and not path.is_symlink():
                path.unlink()

    def _book(self, issue: FileIssue) -> None:
        if issue not in self._told:  # a new child opens the archives again and says the same
            self._told.add(issue)
            self.report.issues.append(issue)
            self._settling.issues.append(issue)
        self._close([str(issue.file)])

    def _count(self, callback: OnProgress | None, number: int) -> None:
        if callback is not None and number:
            total = len(self._open) + len(self._closed)
            self._counted = lambda: callback(number, total)

    def _close(self, names: Sequence[str] | map[str]) -> None:
        for name in names:
            self._open.discard(name)
            self._closed.add(name)


def _run_child(
    account: _Account,
    command: Sequence[str],
    *,
    deadline: float,
    deidentification: Deidentification | None,
) -> _End:
    given = ["--deidentify"] if deidentification is not None else []
    with scratch_folder("convert") as folder:
        skip = folder / "skip.json"
        skip.write_text(json.dumps(account.closed))
        process = subprocess.Popen(
            [*command, *given, "--skip", str(skip)],
            stdin=subprocess.DEVNULL if deidentification is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=child_environment(),
            start_new_session=True,
        )
        timed_out = threading.Event()

        def stop() -> None:
            timed_out.set()
            _kill(process)

        timer = threading.Timer(max(deadline - time.monotonic(), 0.0), stop)
        timer.start()
        try:
            _tell(process, deidentification)
            malformed = _take_lines(account, process)
        finally:
            _kill(process)
            returncode = process.wait()
            timer.cancel()
    return _End(returncode, timed_out.is_set(), malformed)


def _tell(process: subprocess.Popen[bytes], wanted: Deidentification | None) -> None:
    """Give the child its secret. One that is dead already shows by how it ended."""
    if wanted is not None and process.stdin is not None:
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(wanted.encode())


def _take_lines(account: _Account, process: subprocess.Popen[bytes]) -> bool:
    """Book lines until the child closes its output; tell whether one made no sense."""
    assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
    with process.stdout as lines:
        while raw := lines.readline(_MAX_LINE_BYTES):
            try:
                account.take(protocol.decode(raw))
            except (ValueError, KeyError, TypeError):
                return True
            account.tell()
    process.wait()
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _names_below(folder: Path) -> set[str]:
    return {
        os.path.relpath(os.path.join(base, name), folder)
        for base, folders, files in os.walk(folder)
        for name in [*files, *(f for f in folders if os.path.islink(os.path.join(base, f)))]
    }


@contextmanager
def _source_arguments(source: Path | Mapping[str, Path]) -> Iterator[list[str]]:
    """Tell a child where the files are."""
    if isinstance(source, Path):
        yield ["--input", str(source.resolve())]
        return
    with scratch_folder("convert") as folder:
        listed = folder / "files.json"
        found = {name: os.path.abspath(path) for name, path in source.items()}
        listed.write_text(json.dumps(found))
        yield ["--files", str(listed)]


def _choices(limits: Limits, options: Options, jobs: int) -> list[str]:
    return [
        "--limits", json.dumps(asdict(limits)),
        "--options", json.dumps(asdict(options)),
        "--jobs", str(jobs),
    ]  # fmt: skip


def child_environment() -> dict[str, str]:
    """Return the little the child needs to run; no secrets of the caller."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {**kept, "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
