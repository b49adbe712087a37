"""Parts of an open multipart upload, one file each, in a folder of their own.

The file ``<number>.<md5>.part`` carries its ETag in its name, so listing needs no reading and a
part that was cut off is never mistaken for a whole one.
"""

import datetime as dt
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from uuid import uuid4

from app.core.storage.errors import MultipartMissing, PartsRefused
from app.core.storage.store import CHUNK, Part

_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"([0-9]{5})\.([0-9a-f]{32})\.part")


class PartFolder:
    """The folder ``.parts/<multipart id>/`` with the note that says which key it is for."""

    def __init__(self, path: Path, *, key: str, started: dt.datetime) -> None:
        self.path = path
        self.key = key
        self.started = started

    @property
    def multipart_id(self) -> str:
        """The id under which clients know this upload."""
        return self.path.name

    @classmethod
    def create(cls, parent: Path, *, key: str) -> Self:
        """Open a new upload for ``key``."""
        started = dt.datetime.now(tz=dt.UTC)
        parent.mkdir(parents=True, exist_ok=True)
        path = parent / uuid4().hex
        path.mkdir()
        note = {"key": key, "started": started.isoformat()}
        (path / "note.json").write_text(json.dumps(note), encoding="utf-8")
        return cls(path, key=key, started=started)

    @classmethod
    def find(cls, parent: Path, multipart_id: str, *, key: str = "") -> Self:
        """Return an open upload, or raise `MultipartMissing`; with ``key`` it must be for that."""
        path = parent / multipart_id
        try:
            if not _ID.fullmatch(multipart_id):
                raise FileNotFoundError
            note = json.loads((path / "note.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            raise MultipartMissing(advice="Start the upload again.") from None
        if key and note["key"] != key:
            raise MultipartMissing(advice="Start the upload again.")
        return cls(path, key=note["key"], started=dt.datetime.fromisoformat(note["started"]))

    @classmethod
    def discard(cls, parent: Path, multipart_id: str) -> None:
        """Remove an upload; one that is not there is fine."""
        if _ID.fullmatch(multipart_id):
            _remove(parent / multipart_id)

    def remove(self) -> None:
        """Drop the parts."""
        _remove(self.path)

    def parts(self) -> list[Part]:
        """Return what is stored, by number; of a part sent twice, the one that came last."""
        found: dict[int, Part] = {}
        for path in _listed(self.path):
            if not (name := _NAME.fullmatch(path.name)):
                continue
            try:
                info = path.stat()
            except FileNotFoundError:
                continue
            modified = dt.datetime.fromtimestamp(info.st_mtime, tz=dt.UTC)
            part = Part(int(name[1]), name[2], info.st_size, modified)
            known = found.get(part.number)
            if known is None or known.modified < modified:
                found[part.number] = part
        return [found[number] for number in sorted(found)]

    def read(self, part: Part) -> Iterator[bytes]:
        """Yield the bytes of a part."""
        try:
            file = (self.path / _part_name(part.number, part.etag)).open("rb")
        except FileNotFoundError:
            raise MultipartMissing(advice="Reload the page to see what became of it.") from None
        with file:
            while data := file.read(CHUNK):
                yield data

    def writer(self, number: int, *, max_size: int) -> "PartWriter":
        """Return a writer for one part."""
        return PartWriter(self, number=number, max_size=max_size)


class PartWriter:
    """Takes the bytes of one part as they come, never more than ``max_size``, then names it.

    Use as a context manager; a part that was not finished leaves nothing behind.
    """

    def __init__(self, folder: PartFolder, *, number: int, max_size: int) -> None:
        self._folder = folder
        self._number = number
        self._left = max_size
        self._draft = folder.path / f"{number:05d}.{uuid4().hex}.draft"
        self._digest = hashlib.md5(usedforsecurity=False)
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self._draft.open("xb")
        except FileNotFoundError:
            raise MultipartMissing(advice="Start the upload again.") from None
        return self

    def write(self, data: bytes) -> None:
        """Append bytes, or raise `PartsRefused` once there are too many."""
        self._left -= len(data)
        if self._left < 0:
            raise PartsRefused("This part is larger than allowed; send smaller parts.")
        self._digest.update(data)
        self._opened().write(data)

    def finish(self) -> str:
        """Put the part in its place and return its ETag (MD5, hexadecimal, no quotes)."""
        file = self._opened()
        file.close()
        etag = self._digest.hexdigest()
        name = _part_name(self._number, etag)
        try:
            self._draft.replace(self._folder.path / name)
            others = list(self._folder.path.glob(f"{self._number:05d}.*.part"))
        except FileNotFoundError:
            raise MultipartMissing(advice="Start the upload again.") from None
        for other in others:
            if other.name != name:
                other.unlink(missing_ok=True)
        return etag

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
        self._draft.unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise RuntimeError("A part is written inside a with statement.")
        return self._file


def iter_part_folders(parent: Path) -> Iterator[PartFolder]:
    """Yield the open uploads."""
    for path in sorted(parent.iterdir()) if parent.is_dir() else ():
        try:
            yield PartFolder.find(parent, path.name)
        except MultipartMissing:
            continue


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        raise MultipartMissing(advice="Start the upload again.") from None


def _part_name(number: int, etag: str) -> str:
    return f"{number:05d}.{etag}.part"


def _remove(path: Path) -> None:
    """Remove by first renaming away, so that no new part can slip in while files go."""
    grave = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.replace(grave)
    except FileNotFoundError:
        return
    shutil.rmtree(grave, ignore_errors=True)
