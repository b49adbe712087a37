"""Taking results from a folder that an untrusted program wrote.

Only what was declared is opened, never through a link, and only regular files with one name:
a symbolic link `result.json -> /etc/passwd` opened plainly would hand the worker's own file to
the author. Run this when the container is dead or frozen, so that nothing changes underneath.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.execution.contract.errors import OutputError
from app.execution.contract.limits import MIB, Limits, readable_bytes
from app.execution.contract.spec import (
    OUTPUT_FOLDER,
    CollectedOutput,
    OutputKind,
    OutputSlot,
    checked_relative_path,
)
from app.execution.contract.strict_json import parse_json_strict
from app.sockets.schemas import UnusableSchema, first_error

__all__ = ["checked_json", "collect_outputs", "parse_json_strict"]

_IMAGE_SUFFIXES = (".mha", ".tif", ".tiff")
_OTHER_IMAGE_SUFFIXES = (".mhd", ".nii", ".nii.gz", ".nrrd", ".dcm", ".png", ".jpg", ".zarr")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


@dataclass
class _Budget:
    """The limits of one run, and how many bytes it may still bring out."""

    limits: Limits
    bytes_left: int

    def take(self, size: int, slot: OutputSlot) -> None:
        self.bytes_left -= size
        if self.bytes_left < 0:
            limit = readable_bytes(self.limits.output)
            raise _error(slot, "output_too_large", f"exceeds the limit of {limit}.")


def collect_outputs(
    *,
    root: Path | int,
    slots: Sequence[OutputSlot],
    limits: Limits,
    destination: Path,
    refused: Mapping[str, str] | None = None,
) -> tuple[CollectedOutput, ...]:
    """Copy the declared outputs from `root` into `destination`, one folder per slot.

    `root` is a path, or the descriptor of an open folder, which stays open.

    `refused` names paths that could not even be copied this far and what they are ("a symbolic
    link"), for executors that receive /output as a stream.

    Raises
    ------
    OutputError
        For the first slot that is missing, not plain, too large, or not valid.
    """
    budget = _Budget(limits=limits, bytes_left=limits.output)
    folder = os.dup(root) if isinstance(root, int) else os.open(root, _FOLDER_FLAGS)
    try:
        collected = []
        for index, slot in enumerate(slots):
            _check_refused(slot, refused or {})
            target = destination / f"{index:03d}"
            output = _collect(folder, slot, budget, target)
            if output is not None:
                collected.append(output)
        return tuple(collected)
    finally:
        os.close(folder)


def _collect(root: int, slot: OutputSlot, budget: _Budget, target: Path) -> CollectedOutput | None:
    path = checked_relative_path(slot.relative_path)
    if len(path.parts) > budget.limits.output_depth:
        raise _error(slot, "output_path", "lies too deep.")
    try:
        if slot.kind is OutputKind.IMAGE:
            return _collect_image(root, slot, budget, target)
        parent = _open_folder(root, slot, path.parts[:-1])
        try:
            return _copy(parent, path.name, slot=slot, budget=budget, target=target)
        finally:
            os.close(parent)
    except FileNotFoundError:
        if slot.optional:
            return None
        raise _missing(slot) from None


def _collect_image(root: int, slot: OutputSlot, budget: _Budget, target: Path) -> CollectedOutput:
    """The one image of an image slot, which names a folder."""
    folder = _open_folder(root, slot, checked_relative_path(slot.relative_path).parts)
    try:
        names = _bounded_listing(folder, slot, budget.limits)
        images = [name for name in names if name.lower().endswith(_IMAGE_SUFFIXES)]
        if not images:
            raise _no_image(slot, names)
        if len(images) > 1:
            raise _error(
                slot, "output_many_images", f"holds {len(images)} images; one is expected."
            )
        return _copy(folder, images[0], slot=slot, budget=budget, target=target)
    finally:
        os.close(folder)


def _open_folder(root: int, slot: OutputSlot, parts: Sequence[str]) -> int:
    """A descriptor of a folder below `root`, no component of which is a link."""
    current = os.dup(root)
    for part in parts:
        try:
            deeper = os.open(part, _FOLDER_FLAGS, dir_fd=current)
        except FileNotFoundError:
            raise
        except OSError as error:
            kind = _kind_of(current, part)
            raise _error(
                slot, "output_not_plain", f"goes through {kind}; only plain folders are read."
            ) from error
        finally:
            os.close(current)
        current = deeper
    return current


def _bounded_listing(folder: int, slot: OutputSlot, limits: Limits) -> list[str]:
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            names.append(entry.name)
            if len(names) > limits.output_files:
                raise _error(
                    slot, "output_too_many", f"holds more than {limits.output_files} files."
                )
    return sorted(names)


def _copy(
    folder: int, name: str, *, slot: OutputSlot, budget: _Budget, target: Path
) -> CollectedOutput:
    limits = budget.limits
    source = _open_plain_file(folder, name, slot)
    with os.fdopen(source, "rb") as stream:
        size = os.fstat(source).st_size
        if slot.kind is OutputKind.JSON and size > limits.json_bytes:
            raise _error(
                slot,
                "output_too_large",
                f"is larger than {readable_bytes(limits.json_bytes)}, the limit for JSON.",
            )
        budget.take(size, slot)
        target.mkdir(parents=True, exist_ok=True)
        copy = target / f"value{_suffix_of(name)}"
        digest = hashlib.sha256()
        with open(copy, "xb") as out:
            while chunk := stream.read(MIB):
                digest.update(chunk)
                out.write(chunk)
    value = checked_json(copy.read_bytes(), slot, limits) if slot.kind is OutputKind.JSON else None
    return CollectedOutput(
        slug=slot.slug,
        kind=slot.kind,
        filename=_plain_name(name),
        path=copy,
        size=size,
        sha256=digest.hexdigest(),
        value=value,
    )


def _open_plain_file(folder: int, name: str, slot: OutputSlot) -> int:
    try:
        descriptor = os.open(name, _FILE_FLAGS, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _not_plain(slot, _kind_of(folder, name)) from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
        return descriptor
    os.close(descriptor)
    kind = "a hard link" if stat.S_ISREG(status.st_mode) else _kind_of(folder, name)
    raise _not_plain(slot, kind)


def checked_json(content: bytes, slot: OutputSlot, limits: Limits) -> object:
    """The value of a JSON slot; raises `OutputError` for what is not JSON or breaks its schema."""
    try:
        value = parse_json_strict(content, max_depth=limits.json_depth)
    except ValueError as error:
        raise _error(slot, "output_not_json", f"is not valid JSON: {error}.") from error
    if slot.schema is not None:
        try:
            problem = first_error(value, slot.schema)
        except UnusableSchema as error:
            raise _error(slot, "output_schema", f"cannot be checked: {error}") from error
        if problem is not None:
            where = "/".join(str(part) for part in problem.absolute_path) or "the top level"
            detail = problem.message[:300]
            raise _error(slot, "output_schema", f"does not fit its schema at {where}: {detail}")
    return value


def _check_refused(slot: OutputSlot, refused: Mapping[str, str]) -> None:
    for path, kind in refused.items():
        if path == slot.relative_path or slot.relative_path.startswith(f"{path}/"):
            raise _not_plain(slot, kind)
        is_inside = path.startswith(f"{slot.relative_path}/")
        if slot.kind is OutputKind.IMAGE and is_inside and path.endswith(_IMAGE_SUFFIXES):
            raise _not_plain(slot, kind)


def _kind_of(folder: int, name: str) -> str:
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except OSError:
        return "something that cannot be read"
    return next((words for is_kind, words in _KINDS if is_kind(mode)), "not a plain file")


def _suffix_of(name: str) -> str:
    """The suffix that our own copy keeps; the rest of the name is the author's, so it goes."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 10 else ""


def _plain_name(name: str) -> str:
    return name if name.isprintable() else _suffix_of(name) or "output"


def _no_image(slot: OutputSlot, names: Sequence[str]) -> OutputError:
    if not names:
        return _missing(slot)
    others = [name for name in names if name.lower().endswith(_OTHER_IMAGE_SUFFIXES)]
    found = f"only {_plain_name(others[0])!r}" if others else "no image"
    return _error(
        slot, "output_image_format", f"holds {found}; write one MetaImage (.mha) or TIFF (.tif)."
    )


def _missing(slot: OutputSlot) -> OutputError:
    path = f"{OUTPUT_FOLDER}/{slot.relative_path}"
    return OutputError(
        code="output_missing",
        message=f"Output `{path}` was not produced.",
        advice=f"Write one image into {path}/." if slot.kind is OutputKind.IMAGE else "",
        slug=slot.slug,
    )


def _not_plain(slot: OutputSlot, kind: str) -> OutputError:
    return _error(slot, "output_not_plain", f"is {kind}; only plain files are read.")


def _error(slot: OutputSlot, code: str, problem: str) -> OutputError:
    path = f"{OUTPUT_FOLDER}/{slot.relative_path}"
    return OutputError(code=code, message=f"Output `{path}` {problem}", slug=slot.slug)
