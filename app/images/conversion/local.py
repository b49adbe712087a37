"""Convert files and folders of this machine: what is given, under the names it was given by."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import total_ordering
from pathlib import Path

from app.images.conversion.child import OnProgress, run_conversion
from app.images.conversion.issues import FileIssue
from app.images.conversion.limits import Limits
from app.images.conversion.model import ConvertedImage
from app.images.conversion.options import Options

LIMITS = replace(Limits(), wall_seconds=30 * 86400.0, cpu_seconds=30 * 86400, restarts=64)
"""A person who waits ends a conversion by hand; all other bounds hold as in the portal."""
_NOT_REACHED = frozenset({"NotReached", "TimedOut"})
_SUFFIXES = frozenset(
    {".gz", ".zip", ".tar", ".tgz", ".dcm", ".dicom", ".ima", ".nii", ".hdr", ".img", ".nrrd"}
    | {".nhdr", ".mha", ".mhd", ".raw", ".zraw", ".png", ".jpg", ".jpeg", ".tif", ".tiff"}
)


@dataclass(frozen=True, slots=True)
class LocalReport:
    """What became of every file, in the order of the input.

    `images` have their final paths; `given` maps the names in both to those the caller used.
    """

    images: tuple[ConvertedImage, ...]
    issues: tuple[FileIssue, ...]
    given: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Tell whether the converter came to every file."""
        return not any(issue.code in _NOT_REACHED for issue in self.issues)

    def shown(self, path: Path) -> str:
        """Return a source or file of the report as the caller named it."""
        outer = _input_of(str(path), self.given)
        return self.given.get(outer, outer) + str(path)[len(outer) :]


def convert_local(
    inputs: Sequence[str],
    output: Path,
    *,
    options: Options | None = None,
    jobs: int = 1,
    on_progress: OnProgress | None = None,
) -> LocalReport:
    """Convert everything in `inputs` into the folder `output`, whose files are never overwritten.

    The images appear there when all is done; whatever ends this earlier, an exception or a
    KeyboardInterrupt, leaves no image, no partial file and no process. Raises OSError when a
    folder cannot be used, FileNotFoundError when an input is not there.
    """
    files, given = collect(inputs, leave_out=output)
    output.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".converting-", dir=output))
    try:
        report = run_conversion(
            files, scratch, limits=LIMITS, options=options, jobs=jobs, on_progress=on_progress
        )
        order = _Order(list(files))
        images = sorted(report.images, key=order.of_image)
        issues = sorted(dict.fromkeys(report.issues), key=order.of_issue)
        placed = tuple(_place(images, output))
        return LocalReport(placed, tuple(issues), given)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def collect(
    inputs: Sequence[str], *, leave_out: Path | None = None
) -> tuple[dict[str, Path], dict[str, str]]:
    """Return name -> path and name -> name as given, of all files below `inputs`, each file once.

    The order is stable. Links that are given are followed; links in folders are listed like files
    (and refused by the converter). The folder `leave_out` is not searched.
    """
    files: dict[str, Path] = {}
    shown: dict[str, str] = {}
    known: set[str] = set()
    for given in inputs:
        for name in _listed(given, leave_out=leave_out):
            path = Path(name).resolve() if name == given else Path(name)
            place = os.path.join(os.path.realpath(path.parent), path.name)
            if place not in known:
                known.add(place)
                files[str(Path(name))] = path
                shown[str(Path(name))] = name
    return files, shown


def _listed(given: str, *, leave_out: Path | None) -> Iterator[str]:
    if not os.path.exists(given):
        raise FileNotFoundError(given)
    if not os.path.isdir(given):
        yield given
        return
    hidden = os.path.realpath(leave_out) if leave_out is not None else None
    for base, folders, names in os.walk(given, followlinks=False):
        links = {name for name in folders if os.path.islink(os.path.join(base, name))}
        folders[:] = sorted(
            name
            for name in set(folders) - links
            if os.path.realpath(os.path.join(base, name)) != hidden
        )
        yield from (os.path.join(base, name) for name in sorted([*names, *links]))


def _input_of(name: str, inputs: Container[str]) -> str:
    """Return the input file that `name` lies in: an entry is named `archive.zip/entry`."""
    outer = name
    while outer and outer not in inputs:
        outer = outer.rpartition("/")[0]
    return outer


@total_ordering
class _Content:
    """Orders files by their content, which is read only when nothing else decides."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and self.digest == other.digest

    def __lt__(self, other: _Content) -> bool:
        return self.digest < other.digest

    def __hash__(self) -> int:
        return hash(self._path)

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of the file."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()


class _Order:
    """Sorts results by where their files stand in the input, not by which was ready first."""

    def __init__(self, names: Sequence[str]) -> None:
        self._position = {name: index for index, name in enumerate(names)}

    def of_image(self, image: ConvertedImage) -> tuple[object, ...]:
        """Return what to sort an image by; several images of one file differ in their pixels."""
        places = sorted(self._of(str(source)) for source in image.sources)
        return places, image.name, image.element_type, image.size, _Content(image.path)

    def of_issue(self, issue: FileIssue) -> tuple[object, ...]:
        """Return what to sort an issue by."""
        return self._of(str(issue.file)), issue.code, issue.message

    def _of(self, name: str) -> tuple[int, str]:
        outer = _input_of(name, self._position)
        return self._position.get(outer, len(self._position)), name


def _place(images: Sequence[ConvertedImage], output: Path) -> Iterator[ConvertedImage]:
    """Move images to names that a person recognizes: that of the file, or of the folder."""
    for image in images:
        path = _free(output, _stem(image.sources))
        image.path.rename(path)
        yield replace(image, path=path)


def _stem(sources: Sequence[Path]) -> str:
    stems = {_without_suffix(source.name) for source in sources}
    folder = _without_suffix(sources[0].parent.name)
    name = folder if len(stems) > 1 and folder.strip(".") else min(stems)
    plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip("._")
    return plain[:100] or "image"


def _without_suffix(name: str) -> str:
    stem, suffix = os.path.splitext(name)
    return _without_suffix(stem) if suffix.lower() in _SUFFIXES and stem else name


def _free(output: Path, stem: str) -> Path:
    """Return a path that is not taken yet."""
    path, number = output / f"{stem}.mha", 1
    while os.path.lexists(path):
        number += 1
        path = output / f"{stem}-{number}.mha"
    return path
