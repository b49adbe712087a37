"""Open packs, shared by all sockets of a process."""

import threading
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakValueDictionary

from app.core.errors import NotFound
from app.core.storage import FolderStore, ObjectMissing, get_store
from app.images.models import ImageFile
from app.images.slices import CachedSource, CallableRange, LocalFile, PackError, PackReader

CACHE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class OpenPack:
    """A pack and whether reading it is quick enough for the event loop (a file on this machine)."""

    reader: PackReader
    near: bool


_open: WeakValueDictionary[str, OpenPack] = WeakValueDictionary()
_lock = threading.Lock()


def open_pack(image_id: UUID) -> OpenPack:
    """Return the image's pack; it stays open while anybody holds it. Blocks: call it from a thread.

    Raises `NotFound` without a pack, `PackError` for a damaged or missing one and `SourceError`
    when the storage does not answer.
    """
    file = ImageFile.objects.filter(image_id=image_id, kind=ImageFile.Kind.SLICES).first()
    if file is None:
        raise NotFound
    with _lock:
        pack = _open.get(file.key)
    if pack is None:
        pack = _read(file)
        with _lock:
            pack = _open.setdefault(file.key, pack)
    return pack


def _read(file: ImageFile) -> OpenPack:
    store = get_store()
    if not store.exists(file.key):
        raise PackError("not-a-pack", "The slice pack is not stored any more.")
    if isinstance(store, FolderStore):
        return OpenPack(PackReader(LocalFile(store.path_of(file.key))), near=True)

    def fetch(offset: int, length: int) -> bytes:
        try:
            return store.read_range(file.key, start=offset, length=length)
        except ObjectMissing as error:
            raise PackError("not-a-pack", "The slice pack is not stored any more.") from error

    source = CachedSource(CallableRange(fetch, size=file.size), capacity=CACHE_BYTES)
    return OpenPack(PackReader(source), near=False)
