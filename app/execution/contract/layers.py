"""One pass over a layer: its digests, and the few files of it that the checks need.

Nothing of a layer is kept but `/etc/passwd` and `/etc/group` (bounded), what hides them
(OCI image specification, layer whiteouts), and the names of cache folders with content.
"""

from __future__ import annotations

import posixpath
import tarfile
from dataclasses import dataclass, field

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.forward import AheadReader, Readable, read_fully
from app.execution.contract.limits import ArchiveLimits
from app.execution.contract.meter import Meter
from app.execution.contract.tar_stream import (
    UNREADABLE_ERRORS,
    HashingReader,
    PeekableReader,
    compression_of,
    decompressed,
    iterate_members,
)

ACCOUNT_FILES = ("etc/passwd", "etc/group")
_WHITEOUTS = {
    "etc/.wh.passwd": ("etc/passwd",),
    "etc/.wh.group": ("etc/group",),
    "etc/.wh..wh..opq": ACCOUNT_FILES,
    ".wh.etc": ACCOUNT_FILES,
    ".wh..wh..opq": ACCOUNT_FILES,
}
_MAX_CACHES = 200


@dataclass
class ScannedLayer:
    """What one blob turned out to be. `problem` is set when it is no tar after all."""

    blob_digest: str
    diff_id: str
    stored_bytes: int
    unpacked_bytes: int
    entries: int = 0
    accounts: dict[str, bytes | None] = field(default_factory=dict)
    caches: set[str] = field(default_factory=set)
    problem: str = ""
    problem_code: str = "broken"


def scan_layer(source: PeekableReader, *, limits: ArchiveLimits, meter: Meter) -> ScannedLayer:
    """Read a blob to its end. Never raises for content that is not a layer: see `problem`."""
    try:
        compression = compression_of(source.peek(6))
    except ContainerArchiveError as error:
        return _unreadable(source, problem=error.message, code=error.code)
    stored = HashingReader(source)
    layer = ScannedLayer(blob_digest="", diff_id="", stored_bytes=0, unpacked_bytes=0)
    if compression == "none":
        unpacked = stored
        _scan(layer, unpacked, limits)
    else:
        with AheadReader(decompressed(stored, compression)) as inflated:
            unpacked = HashingReader(_Metered(inflated, meter))
            _scan(layer, unpacked, limits)
    stored.drain()
    layer.blob_digest, layer.diff_id = stored.digest, unpacked.digest
    layer.stored_bytes, layer.unpacked_bytes = stored.count, unpacked.count
    return layer


def _scan(layer: ScannedLayer, unpacked: HashingReader, limits: ArchiveLimits) -> None:
    try:
        _scan_entries(layer, unpacked, limits)
        unpacked.drain()
    except UNREADABLE_ERRORS as error:
        layer.problem = str(error) or type(error).__name__


class _Metered:
    """Counts what a compressed layer unpacks to; a plain one was counted by the outer stream."""

    def __init__(self, source: Readable, meter: Meter) -> None:
        self._source = source
        self._meter = meter

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._meter.gave(len(data))
        return data


def _unreadable(source: Readable, *, problem: str, code: str) -> ScannedLayer:
    stored = HashingReader(source)
    stored.drain()
    return ScannedLayer(
        blob_digest=stored.digest,
        diff_id="",
        stored_bytes=stored.count,
        unpacked_bytes=0,
        problem=problem,
        problem_code=code,
    )


def _scan_entries(layer: ScannedLayer, source: Readable, limits: ArchiveLimits) -> None:
    for member, content in iterate_members(source, limit=limits.layer_entries):
        layer.entries += 1
        name = posixpath.normpath("/" + member.name).lstrip("/")
        if name in ACCOUNT_FILES:
            layer.accounts[name] = _account_content(member, content, limits)
        elif name in _WHITEOUTS:
            for hidden in _WHITEOUTS[name]:
                layer.accounts.setdefault(hidden, None)
        elif member.isreg() and "/.cache/" in f"/{name}" and len(layer.caches) < _MAX_CACHES:
            layer.caches.add(_cache_folder(name))


def _account_content(
    member: tarfile.TarInfo, content: Readable, limits: ArchiveLimits
) -> bytes | None:
    """The file's bytes; a link, or a file too large to be one, counts as absent."""
    if not member.isreg() or member.issparse() or member.size > limits.account_file_bytes:
        return None
    return read_fully(content, limits.account_file_bytes)


def _cache_folder(name: str) -> str:
    """`home/u/.cache/torch/hub/x.pth` -> `/home/u/.cache/torch`; odd characters become `?`."""
    plain = "".join(char if char.isprintable() else "?" for char in name)
    before, _, after = f"/{plain}".partition("/.cache/")
    return f"{before}/.cache/{after.split('/', 1)[0]}"
