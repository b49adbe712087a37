"""Open packs and what makes slices on demand: one of each per process, shared by its sockets.

Everything belongs to one event loop. While no socket is open nothing is: no connection to the
store, no thread, no file.
"""

import asyncio
import ssl
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from weakref import WeakKeyDictionary, WeakValueDictionary

import httpx
from django.conf import settings

from app.core.storage import BucketStore, FolderStore, ObjectMissing, ObjectStore, get_store
from app.images.slices import (
    BlockCache,
    Described,
    DiskBlocks,
    Encoders,
    FarFile,
    FarPack,
    HttpRange,
    LocalFile,
    OnDemand,
    PackError,
    PackReader,
    SourceError,
    Window,
)
from app.images.slices.metaimage import MAX_HEADER, header_of
from app.images.slices.sources import TIMEOUT
from viewer.arriving import Arriving
from viewer.feeds import NearPack, Pack
from viewer.gateway.base import Values
from viewer.lane import Lane

ENCODERS = 2
ENCODED_BYTES = 64 * 2**20
CONNECTIONS = 32
SIGNED_SECONDS = 600
"""How long an address is good for; one is used for half of that time."""
_GONE = "The slice pack is not stored any more."


class Supplies:
    """What the sockets of one event loop share."""

    def __init__(self) -> None:
        disk = settings.VIEWER_DISK_CACHE_BYTES
        folder = Path(tempfile.gettempdir())
        self.cache = BlockCache(
            capacity=settings.VIEWER_CACHE_BYTES,
            disk=DiskBlocks(folder, capacity=disk) if disk else None,
        )
        self.encoders = Encoders(threads=ENCODERS, capacity=ENCODED_BYTES)
        self._client: httpx.AsyncClient | None = None
        self._packs: WeakValueDictionary[str, Pack] = WeakValueDictionary()
        self._on_demand: WeakValueDictionary[str, OnDemand] = WeakValueDictionary()
        self._addresses: WeakValueDictionary[str, SignedAddress] = WeakValueDictionary()
        self._opening: dict[str, asyncio.Lock] = {}
        self.lane = Lane()

    async def pack(self, key: str, *, size: int) -> Pack:
        """Return a stored pack; it stays open while anybody holds it.

        Raises `PackError` for a damaged or missing one and `SourceError` when the storage does not
        answer.
        """
        store = get_store()
        if isinstance(store, FolderStore):
            return await self._opened(key, lambda: asyncio.to_thread(_near, store, key))
        return await self.far_pack(key, _signed(store, key), size=size)

    async def far_pack(self, name: str, url: Callable[[], str], *, size: int) -> Pack:
        """Return the pack that ``url`` is an address of; ``name`` stays the same."""
        tls = await asyncio.to_thread(_tls)
        if self._client is None:
            self._client = _client(tls)
        fetch = HttpRange(url, client=self._client)
        file = FarFile(name, fetch, size=size, cache=self.cache)
        return await self._opened(name, lambda: FarPack.open(file))

    def address(self, name: str) -> "SignedAddress":
        """Return the address of a far pack, one for all who read it; it has to be renewed."""
        found = self._addresses.get(name)
        if found is None:
            found = self._addresses[name] = SignedAddress(name)
        return found

    def discard(self, name: str) -> None:
        """Open a pack anew next time: it was damaged."""
        self._packs.pop(name, None)

    async def on_demand(self, key: str, *, size: int, values: Values) -> OnDemand:
        """Return the slices of a MetaImage whose pack is not made yet.

        Raises `PackError` for an image that no pack can hold, `SourceError` without its bytes.
        """
        found = self._on_demand.get(key)
        if found is None:
            async with self._lock(key):
                found = self._on_demand.get(key)
                if found is None:
                    found = await asyncio.to_thread(self._demanded, key, size, values)
                    self._on_demand[key] = found
        return found

    async def close(self) -> None:
        """Give everything back; nobody uses it any more."""
        self.encoders.close()
        self.cache.close()
        if self._client is not None:
            await self._client.aclose()

    async def _opened(self, name: str, opening: Callable[[], Awaitable[Pack]]) -> Pack:
        """The pack of this name; whoever comes while it is being opened waits for the same one."""
        found = self._packs.get(name)
        if found is None:
            async with self._lock(name):
                found = self._packs.get(name)
                if found is None:
                    found = self._packs[name] = await opening()
        return found

    def _demanded(self, key: str, size: int, values: Values) -> OnDemand:
        store = get_store()
        window = Window(center=values.window.center, width=values.window.width)
        described = Described(values.low, values.high, window)
        file: LocalFile | Arriving
        if isinstance(store, FolderStore):
            file = LocalFile(store.path_of(key))
        else:
            file = Arriving(store, key, size=size)
        return OnDemand.of(
            file,
            header_of(BytesIO(file.read(0, min(MAX_HEADER, file.size)))),
            described,
            encoders=self.encoders,
        )

    @asynccontextmanager
    async def _lock(self, key: str) -> AsyncIterator[None]:
        """One at a time opens an object; the others find it open."""
        lock = self._opening.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._opening.pop(key, None)


@cache
def _tls() -> ssl.SSLContext:
    """Whom to trust, read once: that takes a tenth of a second, in which no socket is served."""
    return httpx.create_ssl_context()


def _client(tls: ssl.SSLContext) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    return httpx.AsyncClient(verify=tls, timeout=TIMEOUT, limits=limits)


class SignedAddress:
    """An address of a far pack that ends, and is renewed while somebody reads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._url, self._due, self._until = "", 0.0, 0.0

    def renew(self, url: str, *, good_for: float) -> None:
        """Read from this address from now on, for at most so many seconds."""
        now = time.monotonic()
        self._url, self._due, self._until = url, now + good_for / 3, now + good_for

    @property
    def is_due(self) -> bool:
        """Tell whether it is time to ask for another address."""
        return time.monotonic() > self._due

    def __call__(self) -> str:
        """Return the address. Raises `SourceError` for one that has ended."""
        if time.monotonic() > self._until:
            raise SourceError("The address of the slice pack is too old.")
        return self._url


class _Shared:
    def __init__(self) -> None:
        self.supplies = Supplies()
        self.users = 0


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shared] = WeakKeyDictionary()


@asynccontextmanager
async def shared_supplies() -> AsyncIterator[Supplies]:
    """Use what the sockets of this event loop share; the last one clears it away."""
    loop = asyncio.get_running_loop()
    shared = _shared.get(loop)
    if shared is None:
        shared = _shared[loop] = _Shared()
    shared.users += 1
    try:
        yield shared.supplies
    finally:
        shared.users -= 1
        if not shared.users and _shared.get(loop) is shared:
            del _shared[loop]
            await shared.supplies.close()


def supplies_here() -> Supplies:
    """Return what is shared, within `shared_supplies`."""
    return _shared[asyncio.get_running_loop()].supplies


def _near(store: FolderStore, key: str) -> NearPack:
    try:
        store.stat(key)
    except ObjectMissing as error:
        raise PackError("not-a-pack", _GONE) from error
    return NearPack(PackReader(LocalFile(store.path_of(key))))


def _signed(store: ObjectStore, key: str) -> Callable[[], str]:
    """Return a function that gives an address to read ranges from, renewed in time."""
    assert isinstance(store, BucketStore)  # noqa: S101 -- there are two kinds of stores
    address, until = "", 0.0

    def url() -> str:
        nonlocal address, until
        if time.monotonic() >= until:
            address = store.sign_ranges(key, expires_in=SIGNED_SECONDS)
            until = time.monotonic() + SIGNED_SECONDS / 2
        return address

    return url
