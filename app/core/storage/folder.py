"""Objects in a folder: the embedded default.

Objects are files under their keys; open multipart uploads live in ``.parts/<id>/``. Everything is
written beside its place and renamed into it.
"""

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from typing_extensions import override

from app.core.storage.addresses import own_addresses
from app.core.storage.errors import ObjectMissing, PartsRefused, StorageUnavailable
from app.core.storage.folder_parts import PartFolder, PartWriter, iter_part_folders
from app.core.storage.store import (
    CHUNK,
    MAX_PART_SIZE,
    AnswerHeaders,
    Completed,
    Multipart,
    ObjectStore,
    Part,
    PartReceipt,
    StoredObject,
    checked_key,
    checked_numbers,
    matched_parts,
)


class FolderStore(ObjectStore):
    """An `ObjectStore` on a local (or shared) file system."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, key: str) -> Path:
        """Return where the object's bytes are, for programs on this machine that read only."""
        return self.root / checked_key(key)

    @override
    def stat(self, key: str) -> StoredObject:
        try:
            found = self.path_of(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            raise ObjectMissing(key=key) from None
        return _described(key, found)

    @override
    def exists(self, key: str) -> bool:
        return self.path_of(key).is_file()

    @override
    def size(self, key: str) -> int:
        return self.stat(key).size

    @override
    def open(self, key: str) -> BinaryIO:
        try:
            return self.path_of(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectMissing(key=key) from None

    @override
    def read_range(self, key: str, *, start: int, length: int) -> bytes:
        with self.open(key) as file:
            return os.pread(file.fileno(), length, start)

    @override
    def iter_range(
        self, key: str, *, start: int = 0, length: int | None = None, chunk: int = CHUNK
    ) -> Iterator[bytes]:
        with self.open(key) as file:
            file.seek(start)
            left = os.fstat(file.fileno()).st_size - start if length is None else length
            while left > 0 and (data := file.read(min(chunk, left))):
                left -= len(data)
                yield data

    @override
    def put_file(self, path: Path, *, key: str, content_type: str = "") -> StoredObject:
        with self._new(key) as draft, path.open("rb") as source, draft.open("wb") as target:
            shutil.copyfileobj(source, target, CHUNK)
            _flush(target)
        return self.stat(key)

    @override
    def put_bytes(self, data: bytes, *, key: str, content_type: str = "") -> StoredObject:
        with self._new(key) as draft, draft.open("wb") as target:
            target.write(data)
            _flush(target)
        return self.stat(key)

    @override
    def fetch_to(self, key: str, *, path: Path) -> int:
        draft = path.with_name(f".{path.name[:80]}.{uuid4().hex}")
        try:
            with self.open(key) as source, draft.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return path.stat().st_size

    @override
    def copy(self, key: str, *, to: str) -> StoredObject:
        """Copy by a hard link where possible: objects never change in place, so it is safe."""
        source = self.path_of(key)
        self.stat(key)
        with self._new(to) as draft:
            try:
                os.link(source, draft)
            except OSError:
                shutil.copyfile(source, draft)
        return self.stat(to)

    @override
    def delete(self, key: str) -> None:
        path = self.path_of(key)
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        self._prune(path.parent)

    @override
    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        start = self.root / checked_key(prefix.rstrip("/"))
        for folder, folders, names in os.walk(start):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(name for name in names if not name.startswith(".")):
                path = Path(folder) / name
                try:
                    yield _described(path.relative_to(self.root).as_posix(), path.stat())
                except FileNotFoundError:
                    continue

    @override
    def start_multipart(self, key: str, *, content_type: str = "") -> str:
        return PartFolder.create(self._parts, key=checked_key(key)).multipart_id

    @override
    def sign_parts(
        self, key: str, *, multipart_id: str, numbers: Sequence[int], expires_in: int
    ) -> Mapping[int, str]:
        self._open_parts(key, multipart_id=multipart_id)
        addresses = own_addresses()
        return {
            number: addresses.of_part(
                multipart_id, number=number, max_size=MAX_PART_SIZE, expires_in=expires_in
            )
            for number in checked_numbers(numbers)
        }

    def write_part(self, multipart_id: str, *, number: int, max_size: int) -> PartWriter:
        """Return a writer for one part; our own endpoint feeds it as the bytes arrive."""
        (number,) = checked_numbers([number])
        return PartFolder.find(self._parts, multipart_id).writer(number, max_size=max_size)

    @override
    def list_parts(self, key: str, *, multipart_id: str) -> list[Part]:
        return self._open_parts(key, multipart_id=multipart_id).parts()

    @override
    def complete_multipart(
        self, key: str, *, multipart_id: str, parts: Sequence[PartReceipt]
    ) -> Completed:
        folder = self._open_parts(key, multipart_id=multipart_id)
        chosen = matched_parts(stored=folder.parts(), receipts=parts)
        digest = hashlib.sha256()
        with self._new(key) as draft, draft.open("wb") as target:
            for part in chosen:
                arrived = hashlib.md5(usedforsecurity=False)
                for data in folder.read(part):
                    arrived.update(data)
                    digest.update(data)
                    target.write(data)
                if arrived.hexdigest() != part.etag:
                    raise PartsRefused(f"Part {part.number} is damaged; send it again.")
            _flush(target)
        folder.remove()
        return Completed(size=sum(part.size for part in chosen), sha256=digest.hexdigest())

    @override
    def abort_multipart(self, key: str, *, multipart_id: str) -> None:
        PartFolder.discard(self._parts, multipart_id)

    @override
    def list_multiparts(self, prefix: str) -> Iterator[Multipart]:
        for folder in iter_part_folders(self._parts):
            if folder.key.startswith(prefix):
                yield Multipart(folder.key, folder.multipart_id, folder.started)

    @override
    def sign_get(self, key: str, *, expires_in: int, headers: AnswerHeaders) -> str:
        checked = checked_key(key)
        return own_addresses().of_file(checked, expires_in=expires_in, headers=headers)

    @override
    def prepare(self, *, origins: Sequence[str]) -> list[str]:
        try:
            self._drafts.mkdir(parents=True, exist_ok=True)
            probe = self._drafts / uuid4().hex
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise StorageUnavailable(
                f"The folder {self.root} cannot be written to: {error.strerror}.",
                advice="Create it for the user that runs the portal, or change STORAGE_URL.",
            ) from error
        return [f"can write to {self.root}"]

    @override
    def tidy(self, *, older_than: dt.timedelta) -> int:
        limit = (dt.datetime.now(tz=dt.UTC) - older_than).timestamp()
        removed = 0
        for path in self._drafts.glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        return removed

    @property
    def _drafts(self) -> Path:
        return self.root / ".drafts"

    @property
    def _parts(self) -> Path:
        return self.root / ".parts"

    def _open_parts(self, key: str, *, multipart_id: str) -> PartFolder:
        return PartFolder.find(self._parts, multipart_id, key=key)

    @contextmanager
    def _new(self, key: str) -> Iterator[Path]:
        """Yield a path to write to; rename it into place at the end, or leave nothing behind."""
        path = self.path_of(key)
        self._drafts.mkdir(parents=True, exist_ok=True)
        draft = self._drafts / uuid4().hex
        try:
            yield draft
            _into_place(draft, path)
        finally:
            draft.unlink(missing_ok=True)

    def _prune(self, folder: Path) -> None:
        """Remove folders that became empty, up to the root; a full one stops it."""
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


def _into_place(draft: Path, path: Path) -> None:
    """Rename, making the folder as often as a concurrent `_prune` takes it away."""
    for attempt in range(10):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.replace(path)
        except FileNotFoundError:
            if attempt == 9:
                raise
        else:
            return


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _described(key: str, found: os.stat_result) -> StoredObject:
    modified = dt.datetime.fromtimestamp(found.st_mtime, tz=dt.UTC)
    etag = f"{found.st_mtime_ns:x}-{found.st_size:x}"
    return StoredObject(key=key, size=found.st_size, modified=modified, etag=etag)
