"""Open packs, shared by all sockets of a process."""

import threading
import time
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakValueDictionary

import httpx

from app.core.errors import NotFound
from app.core.storage import FolderStore, ObjectMissing, get_store
from app.images.models import ImageFile
from app.images.slices import (
    CachedSource,
    CallableRange,
    HttpRange,
    LocalFile,
    PackError,
    PackReader,
    SourceError,
)

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


class FarFile:
    """A pack that is reached only through signed addresses, which end and are renewed."""

    def __init__(self, url: str, *, size: int, good_for: float, via: httpx.Client) -> None:
        self._size = size
        self._via = via
        self.renew(url, good_for=good_for)

    def renew(self, url: str, *, good_for: float) -> None:
        """Read from another address from now on."""
        now = time.monotonic()
        self._url, self._due, self._until = url, now + good_for / 3, now + good_for

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to ask for another address."""
        return time.monotonic() > self._due

    def open(self) -> OpenPack:
        """Read the head of the pack. Blocks."""
        far = HttpRange(self._address, size=self._size, client=self._via)
        return OpenPack(PackReader(CachedSource(far, capacity=CACHE_BYTES)), near=False)

    def _address(self) -> str:
        if time.monotonic() > self._until:
            raise SourceError("The address of the slice pack is too old.")
        return self._url
