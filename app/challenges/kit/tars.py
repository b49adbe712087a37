"""The organizers' own parts of a kit: tar archives, looked at when they come and then unpacked."""

import posixpath
import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from app.challenges.kit.zipping import Entry, is_safe
from app.core.errors import ValidationFailed
from app.core.storage import get_store
from app.uploads.models import UserUpload
from app.uploads.services import open_upload

MOST_FILES = 2000
MOST_BYTES = 2**30
_CHUNK = 2**20
_PACK = "Pack the folder with: tar -czf FILE.tar.gz -C FOLDER ."
_DENSE = (".mha", ".gz", ".zip", ".tif", ".tiff", ".png", ".jpg", ".jpeg")


def check_packed(upload: UserUpload, *, what: str, needs: str = "") -> None:
    """Raise `ValidationFailed` unless the upload is a small tar archive of files of plain names.

    ``needs`` is a file that must be in its top folder.
    """
    try:
        with open_upload(upload) as stream:
            names = [name for name, _ in _members(stream)]
    except (tarfile.TarError, EOFError, OSError):
        raise ValidationFailed(f"The {what} is not a readable tar archive.", advice=_PACK) from None
    if not names:
        raise ValidationFailed(f"The {what} holds no file.", advice=_PACK)
    if needs and needs not in names:
        raise ValidationFailed(f"The {what} has no {needs} in its top folder.", advice=_PACK)


def unpacked(key: str, *, folder: str) -> Iterator[Entry]:
    """Return the files of a stored archive that was checked; each is read in its turn."""
    with get_store().open(key) as stream:
        for name, content in _members(stream):
            path = f"{folder}/{name}"
            yield Entry(path, lambda content=content: content, dense=name.endswith(_DENSE))  # type: ignore[misc]


def _members(stream: BinaryIO) -> Iterator[tuple[str, Iterator[bytes]]]:
    seen: set[str] = set()
    room = MOST_BYTES
    with tarfile.open(fileobj=stream, mode="r|*") as tar:
        for number, member in enumerate(tar):
            name = posixpath.normpath(member.name)
            room -= max(member.size, 0)
            if number >= MOST_FILES or room < 0:
                raise ValidationFailed(
                    f"A starter kit holds at most {MOST_FILES} files and 1 GiB of this."
                )
            if member.isdir():
                continue
            _check_name(member, name, seen)
            seen.add(name.lower())
            yield name, _content(tar, member)


def _check_name(member: tarfile.TarInfo, name: str, seen: set[str]) -> None:
    shown = member.name[:100]
    if not member.isreg() or member.issparse():
        raise ValidationFailed(f"“{shown}” is not a plain file.")
    if member.name.startswith("/") or not is_safe(name):
        raise ValidationFailed(
            f"“{shown}” is not a name that every computer takes.",
            advice="Use letters, digits, '_', '-' and '.', and begin with a letter or digit.",
        )
    if name.lower() in seen:
        raise ValidationFailed(f"“{shown}” is there twice, or differs in case alone.")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    file = tar.extractfile(member)
    while file is not None and (chunk := file.read(_CHUNK)):
        yield chunk
