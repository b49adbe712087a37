"""ZIP archives (APPNOTE.TXT 6.3): looked at by their directory, never unpacked."""

import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

from app.sockets.schemas.errors import InvalidValue
from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

MOST_ENTRIES = 100_000
MOST_UNPACKED = 64 * 2**30
HIGHEST_RATIO = 200
_FREE_UP_TO = 100 * 2**20  # an archive that unpacks to less may be as dense as it likes
_HEADER = 30  # bytes of a local header before its name


def check_zip(path: Path) -> None:
    """Raise `InvalidValue` for an archive that is broken, a bomb, or reaches out of its folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError) as error:
        raise InvalidValue("This is not a whole ZIP archive.") from error
    if len(entries) > MOST_ENTRIES:
        raise InvalidValue(f"The archive has more than {MOST_ENTRIES} entries.")
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry)
        if entry.filename in seen:
            raise InvalidValue(f"{_shown(entry)} is in the archive twice.")
        seen.add(entry.filename)
    _check_sizes(entries, size=path.stat().st_size)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    parts = name.rstrip("/").split("/")
    if (
        not name
        or name.startswith("/")
        or "\\" in name
        or not name.isprintable()
        or (len(name) > 1 and name[1] == ":")
        or any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts)
        or len(name) > 1000
    ):
        raise InvalidValue(f"{_shown(entry)} is not a safe name.")
    if entry.flag_bits & 1:
        raise InvalidValue(f"{_shown(entry)} is encrypted; pack it without a password.")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InvalidValue(f"{_shown(entry)} is a link or a device; only files are taken.")


def _check_sizes(entries: Sequence[zipfile.ZipInfo], *, size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > MOST_UNPACKED:
        raise InvalidValue(f"The archive unpacks to more than {MOST_UNPACKED >> 30} GiB.")
    if unpacked > _FREE_UP_TO and unpacked > packed * HIGHEST_RATIO:
        raise InvalidValue("The archive unpacks to far more than it holds: a ZIP bomb.")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise InvalidValue("Entries of the archive lie over one another: a ZIP bomb.")
        end = entry.header_offset + _HEADER + entry.compress_size
    if end > size:
        raise InvalidValue("This is not a whole ZIP archive.")


def _shown(entry: zipfile.ZipInfo) -> str:
    return f"“{ascii(entry.orig_filename)[1:-1][:80]}”"


KINDS = (
    SocketKind(
        "ZIP",
        "ZIP file",
        SuperKind.FILE,
        extension=".zip",
        check_file=check_zip,
        description="An archive of files.",
        display=Display.FILE,
        icon="file-archive",
        max_size=8 * 2**30,
        content_type="application/zip",
    ),
)
