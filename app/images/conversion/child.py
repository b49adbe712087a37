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
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.images.conversion import protocol
from app.images.conversion.__main__ import UNPACKED
from app.images.conversion.issues import FileIssue
from app.images.conversion.limits import Limits
from app.images.conversion.model import ConvertedImage
from app.images.conversion.options import Options

OnProgress = Callable[[int, int], None]
_ROOT = Path(__file__).resolve().parents[3]
_MAX_LINE_BYTES = 64 << 20
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(slots=True)
class ConversionReport:
    """What became of every file of a folder.

    `sources` of images and `file` of issues are relative to the input folder; what was inside an
    archive is named `archive.zip/name`. Every input file (or archive entry) is in at least one
    image's sources or in one issue. `restarts` counts children that died.
    """

    images: list[ConvertedImage] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)
    restarts: int = 0


def run_conversion(
    input_dir: Path,
    output_dir: Path,
    *,
    limits: Limits | None = None,
    options: Options | None = None,
    on_progress: OnProgress | None = None,
    prefix: Sequence[str] = (),
) -> ConversionReport:
    """Convert all files below `input_dir`, in `limits.wall_seconds` altogether.

    `on_progress(done, total)` counts files. `prefix` is a command to run the child under (a
    sandbox). Nothing the files hold can raise; only a folder that cannot be used does (OSError).
    """
    limits, options = limits or Limits(), options or Options()
    output_dir.mkdir(parents=True, exist_ok=True)
    account = _Account(input_dir, output_dir, on_progress)
    deadline = time.monotonic() + limits.wall_seconds
    try:
        while True:
            command = _command(account, limits=limits, options=options)
            end = _run_child(account, [*prefix, *command], deadline=deadline)
            if end.complete or not account.close_working(end):
                break
            account.report.restarts += 1
            if end.timed_out or account.report.restarts > limits.restarts:
                break
        account.close_rest()
    finally:
        shutil.rmtree(output_dir / UNPACKED, ignore_errors=True)
        account.remove_leftovers()
    return account.report


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
        if self.returncode < 0:
            name = signal.Signals(-self.returncode).name
            return "Crashed", f"The converter was stopped by this file ({name})."
        return "Crashed", "The converter stopped at this file."


class _Account:
    """Books on every file: what is open, what is being worked on, what became of it."""

    def __init__(self, source: Path, target: Path, on_progress: OnProgress | None) -> None:
        self.report = ConversionReport()
        self.source = source
        self.target = target
        self._on_progress = on_progress
        self._before = set(os.listdir(target))
        self._open = {
            os.path.relpath(os.path.join(base, name), source)
            for base, folders, files in os.walk(source)
            for name in [*files, *(f for f in folders if os.path.islink(os.path.join(base, f)))]
        }
        self._closed: set[str] = set()
        self._told: set[FileIssue] = set()
        self._working: list[str] = []

    @property
    def closed(self) -> list[str]:
        """Names that need no further work."""
        return sorted(self._closed)

    def take(self, line: protocol.Line) -> None:
        """Book one line of a child. Raises ValueError for a malformed one."""
        if "working" in line:
            self._working = protocol.names(line, "working")
        elif "files" in line:
            self._open.update(set(protocol.names(line, "files")) - self._closed)
        elif "archive" in line:
            self._open.discard(str(line["archive"]))
        elif "image" in line:
            image = protocol.read_image(line, output_dir=self.target)
            self.report.images.append(image)
            self._close(map(str, image.sources))
        elif "file" in line:
            self._book(protocol.read_issue(line))
        elif "progress" in line and self._on_progress is not None:
            total = len(self._open) + len(self._closed)
            self._on_progress(len(self._closed), total)

    def close_working(self, end: _End) -> bool:
        """Blame the files in work for the child's end; tell whether anything could be blamed."""
        blamed = [name for name in self._working if name in self._open]
        code, message = end.blame()
        for name in blamed:
            self._book(FileIssue.of(Path(name), code, message))
        self._working = []
        return bool(blamed)

    def close_rest(self) -> None:
        """Name every file nobody came to."""
        for name in sorted(self._open):
            self._book(
                FileIssue.of(Path(name), "NotReached", "The conversion ended before this file.")
            )

    def remove_leftovers(self) -> None:
        """Delete what dead children left half-written."""
        known = self._before | {image.path.name for image in self.report.images}
        for name in set(os.listdir(self.target)) - known:
            path = self.target / name
            if path.is_file() and not path.is_symlink():
                path.unlink()

    def _book(self, issue: FileIssue) -> None:
        if issue not in self._told:  # a new child opens the archives again and says the same
            self._told.add(issue)
            self.report.issues.append(issue)
        self._close([str(issue.file)])

    def _close(self, names: Sequence[str] | map[str]) -> None:
        for name in names:
            self._open.discard(name)
            self._closed.add(name)


def _run_child(account: _Account, command: Sequence[str], *, deadline: float) -> _End:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as skip:
        json.dump(account.closed, skip)
        skip.flush()
        process = subprocess.Popen(
            [*command, "--skip", skip.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=_environment(),
            start_new_session=True,
        )
        timed_out = threading.Event()

        def stop() -> None:
            timed_out.set()
            _kill(process)

        timer = threading.Timer(max(deadline - time.monotonic(), 0.0), stop)
        timer.start()
        try:
            malformed = _take_lines(account, process)
        finally:
            _kill(process)
            returncode = process.wait()
            timer.cancel()
    return _End(returncode, timed_out.is_set(), malformed)


def _take_lines(account: _Account, process: subprocess.Popen[bytes]) -> bool:
    """Book lines until the child closes its output; tell whether one made no sense."""
    assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
    with process.stdout as lines:
        while raw := lines.readline(_MAX_LINE_BYTES):
            try:
                account.take(protocol.decode(raw))
            except (ValueError, KeyError, TypeError):
                return True
    process.wait()
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _command(account: _Account, *, limits: Limits, options: Options) -> list[str]:
    return [
        sys.executable,
        "-m",
        "app.images.conversion",
        "--input",
        str(account.source.resolve()),
        "--output",
        str(account.target.resolve()),
        "--limits",
        json.dumps(asdict(limits)),
        "--options",
        json.dumps(asdict(options)),
    ]


def _environment() -> dict[str, str]:
    """Return the little the child needs to run; no secrets of the caller."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {**kept, "PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
