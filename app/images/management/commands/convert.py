"""``manage.py convert INPUT… --output DIR``: convert files of this machine, without a database."""

import json
import shutil
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from app.images.conversion import CODES, ConvertedImage, FileIssue, Options
from app.images.conversion.local import LocalReport, convert_local

SHOWN_FILES = 3
MAX_JOBS = 64


class Command(BaseCommand):
    """Turn DICOM, NIfTI, NRRD, MetaImage and pictures into MetaImage; name every other file."""

    help = (
        "Convert image files, folders and archives to MetaImage (.mha) without a database. Exits "
        "with 0 when every file is accounted for, 1 otherwise and 2 when used wrongly."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the arguments."""
        parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders, archives")
        parser.add_argument("--output", required=True, metavar="DIR", help="folder for the images")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")
        parser.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes to use")
        parser.add_argument(
            "--tilt",
            choices=("refuse", "shear"),
            default="refuse",
            help="what to do with a tilted gantry: name it, or resample to an upright grid",
        )

    def handle(self, *args: Any, inputs: list[str], output: str, **options: Any) -> None:
        """Convert, then report; nothing is left behind when it is stopped."""
        before = signal.signal(signal.SIGTERM, _interrupt)
        bar = _Bar(sys.stderr)
        try:
            report = convert_local(
                inputs,
                _output(output, inputs),
                options=Options(tilt=options["tilt"]),
                jobs=options["jobs"],
                on_progress=bar.show if sys.stderr.isatty() else None,
            )
        except KeyboardInterrupt:
            bar.clear()
            self.stderr.write("Stopped. Nothing was written.")
            sys.exit(130)
        except FileNotFoundError as error:
            raise CommandError(f"There is no {error.args[0]!r}.", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{output!r} cannot be used: {error.strerror}.", returncode=2) from (
                error
            )
        finally:
            signal.signal(signal.SIGTERM, before)
        bar.clear()
        for line in _json_lines(report) if options["json"] else _table(report):
            self.stdout.write(line.encode(errors="backslashreplace").decode())
        if not report.complete:
            sys.exit(1)


def _jobs(text: str) -> int:
    value = int(text)
    if not 1 <= value <= MAX_JOBS:
        raise ValueError
    return value


_jobs.__name__ = f"number from 1 to {MAX_JOBS}"  # argparse says: invalid … value


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _output(output: str, inputs: Iterable[str]) -> Path:
    """Return the output folder. Raises CommandError for one whose files would be converted."""
    path = Path(output)
    if path.exists() and not path.is_dir():
        raise CommandError(f"{output!r} is no folder.", returncode=2)
    if any(path.resolve() == Path(given).resolve() for given in inputs):
        raise CommandError(f"{output!r} is an input. Name another folder.", returncode=2)
    return path


def _json_lines(report: LocalReport) -> Iterator[str]:
    for image in report.images:
        yield json.dumps(
            {
                "image": str(image.path),
                "sources": [report.shown(source) for source in image.sources],
                "size": image.size,
                "spacing": image.spacing,
                "origin": image.origin,
                "direction": image.direction,
                "type": image.element_type,
                "remarks": [remark.code for remark in image.warnings],
            }
        )
    for issue in report.issues:
        yield json.dumps(
            {"file": report.shown(issue.file), "code": issue.code, "message": issue.message}
        )


def _table(report: LocalReport) -> Iterator[str]:
    rows = [_row(image) for image in report.images]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for image, row in zip(report.images, rows, strict=True):
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
        for remark in image.warnings:
            yield f"    {remark.code}: {remark.message} {CODES[remark.code].advice}"
    yield from _problems(report)
    yield _summary(report)


def _row(image: ConvertedImage) -> tuple[str, ...]:
    size = " x ".join(map(str, image.size))
    spacing = " x ".join(f"{value:.4g}" for value in image.spacing) + " mm"
    files = f"{len(image.sources)} file{'s' if len(image.sources) > 1 else ''}"
    color = " RGB" if image.components == 3 else ""
    kind = f"{image.element_type}{color}"
    return str(image.path), size, spacing if image.spacing_valid else "no spacing", kind, files


def _problems(report: LocalReport) -> Iterator[str]:
    """Say each reason once, with the files it holds for."""
    reasons: dict[tuple[str, str, str], list[FileIssue]] = {}
    for issue in report.issues:
        reasons.setdefault((issue.code, issue.message, issue.advice), []).append(issue)
    for (code, message, advice), issues in reasons.items():
        yield ""
        yield f"{code}: {message}"
        yield f"    Advice: {advice}"
        for issue in issues[:SHOWN_FILES]:
            yield f"    {report.shown(issue.file)}"
        if len(issues) > SHOWN_FILES:
            yield f"    … and {len(issues) - SHOWN_FILES} more"


def _summary(report: LocalReport) -> str:
    used = {source for image in report.images for source in image.sources}
    errors = {issue.file for issue in report.issues if CODES[issue.code].kind == "error"}
    others = {issue.file for issue in report.issues} - errors
    lines = [f"{len(report.images)} image(s) made of {len(used)} file(s)."]
    if errors:
        lines.append(f"{len(errors)} file(s) could not be used.")
    if others:
        lines.append(f"{len(others)} file(s) left out without loss.")
    return "\n" + " ".join(lines)


class _Bar:
    """A progress bar in one line of a terminal."""

    WIDTH = 30

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = ""

    def show(self, done: int, total: int) -> None:
        """Draw what share of the files is done."""
        filled = self.WIDTH * done // max(total, 1)
        text = f"[{'#' * filled}{'.' * (self.WIDTH - filled)}] {done} of {total} files"
        text = text[: shutil.get_terminal_size().columns - 1]
        if text != self._shown:
            self._stream.write("\r" + text.ljust(len(self._shown)))
            self._stream.flush()
            self._shown = text

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""
