"""The one interface to stored objects, whatever holds them.

Keys name objects, never people: they are made of identifiers. Objects are written whole and never
changed in place, so a reader sees either nothing or all of an object.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from app.core.storage.errors import KeyInvalid, PartsRefused

MIN_PART_SIZE = 5 * 2**20
MAX_PART_SIZE = 128 * 2**20
MAX_PARTS = 10_000
CHUNK = 2**20

# One or more segments; none starts with a dot, so neither ".." nor our own hidden folders match.
KEY_PATTERN = r"[a-z0-9][a-z0-9._-]{0,99}(?:/[a-z0-9][a-z0-9._-]{0,99}){0,7}"
_KEY = re.compile(KEY_PATTERN)


@dataclass(frozen=True)
class StoredObject:
    """What is known of an object without reading it; ``etag`` changes when the bytes do."""

    key: str
    size: int
    modified: dt.datetime
    etag: str


@dataclass(frozen=True)
class Part:
    """One stored part; ``etag`` is the MD5 of its bytes in hexadecimal, without quotes."""

    number: int
    etag: str
    size: int
    modified: dt.datetime


@dataclass(frozen=True)
class PartReceipt:
    """What a client says it sent: the number, and the ETag it was answered."""

    number: int
    etag: str


@dataclass(frozen=True)
class Completed:
    """A multipart upload put together; ``sha256`` is None where the store cannot tell."""

    size: int
    sha256: str | None


@dataclass(frozen=True)
class Multipart:
    """A multipart upload that is still open."""

    key: str
    multipart_id: str
    started: dt.datetime


@dataclass(frozen=True)
class AnswerHeaders:
    """Headers that a signed address asks the store to answer with."""

    disposition: str = ""
    content_type: str = ""


class ObjectStore(Protocol):
    """Reads, writes and shares objects by key. All methods block; use a thread in async code.

    Raises `ObjectMissing` for keys that hold nothing, `MultipartMissing` for closed uploads,
    `KeyInvalid` for keys that no part of the portal makes.
    """

    def stat(self, key: str) -> StoredObject:
        """Return size, time and ETag."""

    def exists(self, key: str) -> bool:
        """Tell whether the key holds an object."""

    def size(self, key: str) -> int:
        """Return the object's size in bytes."""

    def open(self, key: str) -> BinaryIO:
        """Return a seekable reader that fetches only what is read."""

    def read_range(self, key: str, *, start: int, length: int) -> bytes:
        """Return up to ``length`` bytes from ``start``; fewer only at the end."""

    def iter_range(
        self, key: str, *, start: int = 0, length: int | None = None, chunk: int = CHUNK
    ) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most ``chunk``."""

    def put_file(self, path: Path, *, key: str, content_type: str = "") -> StoredObject:
        """Store a copy of a local file; readers see all of it or nothing."""

    def put_bytes(self, data: bytes, *, key: str, content_type: str = "") -> StoredObject:
        """Store a small object from memory."""

    def fetch_to(self, key: str, *, path: Path) -> int:
        """Write the object to a local path, whole or not at all; return its size."""

    def copy(self, key: str, *, to: str) -> StoredObject:
        """Copy an object inside the store, without moving its bytes through us."""

    def delete(self, key: str) -> None:
        """Remove an object; removing nothing is fine."""

    def list_objects(self, prefix: str) -> Iterator[StoredObject]:
        """Yield the objects under a folder such as ``uploads/``."""

    def start_multipart(self, key: str, *, content_type: str = "") -> str:
        """Open a multipart upload and return its id."""

    def sign_parts(
        self, key: str, *, multipart_id: str, numbers: Sequence[int], expires_in: int
    ) -> Mapping[int, str]:
        """Return an address per part number, to which the part's bytes may be PUT."""

    def list_parts(self, key: str, *, multipart_id: str) -> list[Part]:
        """Return the stored parts, by number."""

    def complete_multipart(
        self, key: str, *, multipart_id: str, parts: Sequence[PartReceipt]
    ) -> Completed:
        """Check the parts and put the object together; no parts make an empty object."""

    def abort_multipart(self, key: str, *, multipart_id: str) -> None:
        """Close a multipart upload and drop its parts; closing a closed one is fine."""

    def list_multiparts(self, prefix: str) -> Iterator[Multipart]:
        """Yield the open multipart uploads for keys under a folder."""

    def sign_get(self, key: str, *, expires_in: int, headers: AnswerHeaders) -> str:
        """Return an address from which anyone may read the object for a while."""

    def prepare(self, *, origins: Sequence[str]) -> list[str]:
        """Make the place ready for use by pages from ``origins``; return what was done."""

    def tidy(self, *, older_than: dt.timedelta) -> int:
        """Remove drafts that a crash left behind; return how many."""


def checked_key(key: str) -> str:
    """Return ``key`` if it is one that the portal makes, else raise `KeyInvalid`."""
    if not _KEY.fullmatch(key):
        raise KeyInvalid(f"{key[:120]!r} is not a storage key.")
    return key


def checked_numbers(numbers: Sequence[int]) -> list[int]:
    """Return part numbers if each is between 1 and 10,000 (S3's limit)."""
    if any(not 1 <= number <= MAX_PARTS for number in numbers):
        raise PartsRefused(f"Part numbers go from 1 to {MAX_PARTS:,}.")
    return list(numbers)


def matched_parts(*, stored: Sequence[Part], receipts: Sequence[PartReceipt]) -> list[Part]:
    """Return the stored parts that ``receipts`` name, in order, or raise `PartsRefused`.

    ``stored`` may hold a number twice: SeaweedFS keeps a part that was sent again beside the first.
    Every part but the last has at least 5 MiB (S3's limit, kept everywhere so that a client that
    works against one store works against all).
    """
    by_number: dict[int, dict[str, Part]] = {}
    for part in stored:
        by_number.setdefault(part.number, {})[part.etag] = part
    chosen: list[Part] = []
    for receipt in receipts:
        if chosen and receipt.number <= chosen[-1].number:
            raise PartsRefused("List each part once, in ascending order.")
        if receipt.number not in by_number:
            raise PartsRefused(f"Part {receipt.number} was never received; send it again.")
        found = by_number[receipt.number].get(receipt.etag.strip().strip('"').lower())
        if found is None:
            raise PartsRefused(f"Part {receipt.number} arrived damaged; send it again.")
        chosen.append(found)
    for part in chosen[:-1]:
        if part.size < MIN_PART_SIZE:
            raise PartsRefused(f"Part {part.number} is smaller than 5 MiB and not the last.")
    return chosen


def joined_etag(parts: Sequence[Part]) -> str:
    """Return the ETag that S3 gives to an object joined from parts: the MD5 of their MD5s.

    Stores that encrypt with keys of their own answer ETags of another form.
    """
    together = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{hashlib.md5(together, usedforsecurity=False).hexdigest()}-{len(parts)}"
