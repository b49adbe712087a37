"""Open zip and tar archives from strangers.

Names are checked before they become paths, links and devices are refused, sizes are bounded by
what the archive declares and again by what actually comes out. Whatever is refused is named entry
by entry; a refused name is shown, never used.
"""

from __future__ import annotations

import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from app.images.conversion.issues import ConversionError, FileIssue
from app.images.conversion.limits import Limits
from app.images.conversion.sniff import sniff

_BLOCK = 1 << 20
_MAX_DEPTH = 32
_MAX_NAME_BYTES = 255
_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_DRIVE = re.compile(r"^[A-Za-z]:")
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError)


@dataclass(slots=True)
class Unpacked:
    """What came out of an archive, and why the rest did not."""

    files: list[Path] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)


@dataclass(slots=True)
class Budget:
    """What may still come out, shared by archives within archives."""

    entries: int
    bytes: int

    @classmethod
    def of(cls, limits: Limits) -> Budget:
        """Return a full budget."""
        return cls(limits.archive_entries, limits.archive_bytes)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    size: int
    packed: int | None
    refusal: tuple[str, str] | None
    open: Callable[[], IO[bytes] | None]


def unpack(
    archive: Path, dest: Path, limits: Limits | None = None, *, budget: Budget | None = None
) -> Unpacked:
    """Unpack `archive` below the empty folder `dest`; no exception leaves but OSError on `dest`.

    Archives inside are not opened here: call again with the same budget.
    """
    limits = limits or Limits()
    budget = budget or Budget.of(limits)
    result = Unpacked()
    dest.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open("rb") as file:
            entries = _zip_entries(file) if sniff(archive) == "zip" else _tar_entries(file)
            for entry in entries:
                _unpack_entry(archive, entry, dest, limits=limits, budget=budget, result=result)
        if not result.files and not result.issues:
            raise ConversionError("EmptyArchive", "The archive holds no files.")
    except ConversionError as error:
        result.issues.append(FileIssue.of(archive, error.code, error.message))
    except MemoryError:
        result.issues.append(
            FileIssue.of(archive, "TooLarge", "The archive's table of contents is too large.")
        )
    except _BROKEN:
        result.issues.append(
            FileIssue.of(archive, "UnsafeArchive", "The archive is damaged and cannot be read on.")
        )
    return result


def _zip_entries(file: IO[bytes]) -> Iterator[_Entry]:
    with zipfile.ZipFile(file) as archive:
        packed = sum(info.compress_size for info in archive.infolist())
        if packed > file.seek(0, 2):
            raise ConversionError("UnsafeArchive", "Entries of the archive overlap.")
        for info in archive.infolist():
            if info.is_dir():
                continue
            yield _Entry(
                name=info.filename,
                size=info.file_size,
                packed=info.compress_size,
                refusal=_zip_refusal(info),
                open=lambda info=info: archive.open(info),  # type: ignore[misc]
            )


def _zip_refusal(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "UnsafeArchive", "Links and devices in archives are not followed."
    if info.flag_bits & 0x1:
        return "UnsupportedArchive", "The entry is protected by a password."
    return None


def _tar_entries(file: IO[bytes]) -> Iterator[_Entry]:
    with tarfile.open(fileobj=file, mode="r:*") as archive:
        for member in archive:
            if member.isdir():
                continue
            refusal = None
            if not member.isreg() or member.issparse():
                refusal = ("UnsafeArchive", "Links, devices and sparse files are not unpacked.")
            yield _Entry(
                name=member.name,
                size=member.size,
                packed=None,
                refusal=refusal,
                open=lambda member=member: archive.extractfile(member),  # type: ignore[misc]
            )


def _unpack_entry(
    archive: Path,
    entry: _Entry,
    dest: Path,
    *,
    limits: Limits,
    budget: Budget,
    result: Unpacked,
) -> None:
    """Unpack one entry or note why not. Raises TooLarge when the whole archive must stop."""
    _spend(archive, entry, limits, budget)
    parts = _safe_parts(entry.name)
    refusal = entry.refusal or _size_refusal(entry, limits)
    if parts is None:
        refusal = ("UnsafeArchive", "The name of the entry is not a plain relative path.")
    elif _is_junk(parts):
        refusal = ("SystemFile", "This file belongs to an operating system, not to an image.")
    if refusal is None and parts is not None:
        try:
            result.files.append(_extract(entry, dest.joinpath(*parts)))
        except ConversionError as error:
            refusal = (error.code, error.message)
        except NotImplementedError:
            refusal = ("UnsupportedArchive", "The compression method is not supported.")
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
            refusal = ("UnsafeArchive", "The entry is damaged.")
    if refusal is not None:
        result.issues.append(FileIssue.of(archive, *refusal, entry=shown(entry.name)))


def _spend(archive: Path, entry: _Entry, limits: Limits, budget: Budget) -> None:
    """Take the entry from the budget by its declared size; what comes out is held to that."""
    budget.entries -= 1
    budget.bytes -= entry.size
    if budget.entries < 0:
        raise ConversionError("TooLarge", "The archive has more entries than are allowed.")
    if budget.bytes < 0:
        raise ConversionError("TooLarge", "The archive unpacks to more than is allowed.")
    if entry.packed is None and entry.size > limits.archive_ratio_floor:
        packed = max(archive.stat().st_size, 1)
        if entry.size / packed > limits.archive_ratio:
            raise ConversionError("TooLarge", "The archive unpacks to implausibly much.")


def _size_refusal(entry: _Entry, limits: Limits) -> tuple[str, str] | None:
    if entry.size > limits.archive_entry_bytes:
        return "TooLarge", f"The entry unpacks to {entry.size} bytes."
    if entry.packed is None or entry.size <= limits.archive_ratio_floor:
        return None
    if entry.size / max(entry.packed, 1) > limits.archive_ratio:
        return "TooLarge", "The entry unpacks to implausibly much."
    return None


def _safe_parts(name: str) -> list[str] | None:
    """Return the parts of a harmless relative name, None for any other."""
    name = name.replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name) or not name.isprintable():
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or len(parts) > _MAX_DEPTH or ".." in parts:
        return None
    try:
        if any(len(part.encode("utf-8")) > _MAX_NAME_BYTES for part in parts):
            return None
    except UnicodeEncodeError:
        return None
    return parts


def _is_junk(parts: list[str]) -> bool:
    return parts[0] == "__MACOSX" or parts[-1].lower() in _JUNK or parts[-1].startswith("._")


def shown(name: str) -> str:
    """Return a name fit for display: printable and not endless."""
    clean = "".join(c if c.isprintable() and c != "\ufffd" else "?" for c in name[:200])
    return clean.encode("utf-8", "replace").decode("utf-8")


def _extract(entry: _Entry, path: Path) -> Path:
    """Write the entry to a new file. Raises UnsafeArchive if it does not keep to its size."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.open("xb")
    except OSError as error:
        raise ConversionError(
            "UnsafeArchive", "Another entry of the archive already has this name."
        ) from error
    left = entry.size
    try:
        with target, _opened(entry) as source:
            while block := source.read(min(_BLOCK, left + 1)):
                left -= len(block)
                if left < 0:
                    raise ConversionError("UnsafeArchive", "The entry is larger than it declares.")
                target.write(block)
        if left:
            raise ConversionError("UnsafeArchive", "The entry is smaller than it declares.")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _opened(entry: _Entry) -> IO[bytes]:
    source = entry.open()
    if source is None:
        raise ConversionError("UnsafeArchive", "The entry has no content.")
    return source
