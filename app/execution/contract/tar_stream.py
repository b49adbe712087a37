"""Reading hostile tar streams: every byte counted, every header bounded, nothing written.

Three dangers are met here and nowhere else: streams that unpack to far more than they weigh,
headers that ask the parser for gigabytes of memory (a PAX record may declare any size), and
members that point outside the archive.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Self, cast

from isal import igzip, isal_zlib
from typing_extensions import Buffer

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.forward import CHUNK, AheadReader, ForwardFile, Readable
from app.execution.contract.limits import MIB
from app.execution.contract.meter import Meter

HEADER_CAP = 1 * MIB
XZ_MEMORY = 256 * MIB

_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\x00"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BZIP2 = b"BZh"
_ZIP = b"PK\x03\x04"
_EXTENDED_HEADERS = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}

# POSIX ustar or GNU header of a file or a folder: no prefix, no link, numbers in octal.
_PLAIN_HEADER = re.compile(
    rb"(?P<name>[^\0]{1,100}\0*)(?<=\A.{100})"
    rb"(?P<mode>[0-7]{7})[ \0].{16}(?P<size>[0-7]{11})[ \0].{12}"
    rb"(?P<checksum>[0-7]{6})\0 (?P<type>[05])\0{100}ustar(?:\x0000|  \0).{80}\0{167}",
    re.S,
)

UNREADABLE_ERRORS: tuple[type[Exception], ...] = (
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    cast(type[Exception], isal_zlib.error),
    EOFError,
    OSError,
    ValueError,
)


class BoundedTarInfo(tarfile.TarInfo):
    """A header parser that refuses extended headers too large to hold in memory.

    CPython's tarfile reads a PAX or GNU long-name record whole, at whatever size it declares.
    A plain entry (most of tens of thousands) is parsed here with what is needed of it alone;
    whatever is unusual about one goes the long way.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the entry of a header block."""
        plain = _PLAIN_HEADER.fullmatch(bytes(buf))
        if plain is None:
            return super().frombuf(buf, encoding, errors)
        stated = int(plain["checksum"], 8)
        if stated != sum(buf) - sum(buf[148:156]) + 256:
            return super().frombuf(buf, encoding, errors)
        entry = cls(plain["name"].rstrip(b"\0").decode(encoding, errors))
        entry.mode, entry.size = int(plain["mode"], 8), int(plain["size"], 8)
        entry.type = plain["type"]
        entry.chksum = stated
        if entry.isdir():
            entry.name = entry.name.rstrip("/")
        return entry

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _EXTENDED_HEADERS and self.size > HEADER_CAP:
            raise tarfile.ReadError("an extended header is larger than 1 MiB")
        member: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return member


class PeekableReader:
    """A forward-only stream whose first bytes can be looked at."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes without taking them."""
        while len(self._ahead) < size:
            more = self._source.read(size - len(self._ahead))
            if not more:
                break
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        if not self._ahead:
            return self._source.read(size)
        held, self._ahead = self._ahead, b""
        if size < 0:
            return held + self._source.read()
        if size < len(held):
            held, self._ahead = held[:size], held[size:]
            return held
        return held + self._source.read(size - len(held))


class HashingReader:
    """Counts and digests what passes through; `limit` refuses what is larger than declared."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        data = self._source.read(size)
        self.count += len(data)
        self._digest.update(data)
        return data

    def drain(self) -> None:
        """Read to the end."""
        while self.read(CHUNK):
            pass

    @property
    def digest(self) -> str:
        """Return the sha256 of what passed, as `sha256:…`."""
        return f"sha256:{self._digest.hexdigest()}"


class _CountedSource:
    """The compressed side: counts bytes into the meter."""

    def __init__(self, source: Readable, meter: Meter) -> None:
        self._source = source
        self._meter = meter

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        data = self._source.read(size)
        self._meter.took(len(data))
        return data


class _CountedOutput:
    """The unpacked side: counts bytes out of the meter before anyone uses them."""

    def __init__(self, source: Readable, meter: Meter) -> None:
        self._source = source
        self._meter = meter

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        data = self._source.read(CHUNK if size < 0 else size)
        self._meter.gave(len(data))
        return data


class _RawSource(io.RawIOBase):
    """The file interface that the gzip reader wants, over a plain `read`."""

    def __init__(self, source: Readable) -> None:
        self._source = source

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill `buffer`."""
        view = memoryview(buffer)
        data = self._source.read(len(view))
        view[: len(data)] = data
        return len(data)


class _XzReader:
    """xz with a memory bound, which `lzma.LZMAFile` does not offer (a header may ask for 4 GiB)."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._decoder = self._new_decoder()

    @staticmethod
    def _new_decoder() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        wanted = CHUNK if size < 0 else size
        while True:
            if self._decoder.eof:
                rest = self._decoder.unused_data or self._source.read(CHUNK)
                if not rest.strip(b"\0"):
                    return b""
                self._decoder = self._new_decoder()
            else:
                rest = self._source.read(CHUNK) if self._decoder.needs_input else b""
                if self._decoder.needs_input and not rest:
                    raise EOFError("the xz stream ends early")
            data = self._decoder.decompress(rest, max_length=wanted)
            if data:
                return data


def compression_of(head: bytes) -> str:
    """`none`, `gzip` or `xz`; other known compressions are refused by name."""
    if head.startswith(_GZIP):
        return "gzip"
    if head.startswith(_XZ):
        return "xz"
    for magic, name in ((_ZSTD, "zstd"), (_BZIP2, "bzip2")):
        if head.startswith(magic):
            raise ContainerArchiveError(
                code="compression",
                message=f"The archive is compressed with {name}, which is not supported.",
                advice="Compress with gzip: `docker save IMAGE | gzip > image.tar.gz`.",
            )
    if head.startswith(_ZIP):
        raise ContainerArchiveError(
            code="unreadable",
            message="The file is a ZIP archive, not a tar archive.",
            advice="Upload what `docker save IMAGE | gzip > image.tar.gz` writes.",
        )
    return "none"


def decompressed(source: Readable, compression: str) -> Readable:
    """Return the unpacked stream of `source`."""
    if compression == "gzip":
        raw = _RawSource(source)
        unzipped = igzip.IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]
        return cast(Readable, unzipped)
    if compression == "xz":
        return _XzReader(source)
    return source


@contextmanager
def open_metered(source: Readable, *, meter: Meter) -> Iterator[tuple[Readable, str]]:
    """The unpacked stream of an archive, with both sides counted, inflated in another thread."""
    peekable = PeekableReader(_CountedSource(source, meter))
    compression = compression_of(peekable.peek(6))
    with AheadReader(decompressed(peekable, compression)) as unpacked:
        yield _CountedOutput(unpacked, meter), compression


@contextmanager
def readable_archive(
    describe: Callable[[Exception], ContainerArchiveError] | None = None,
) -> Iterator[None]:
    """Turns every way a tar or its compression can be broken into one plain error."""
    try:
        yield
    except ContainerArchiveError:
        raise
    except UNREADABLE_ERRORS as error:
        raise (describe or _not_an_archive)(error) from error


def _not_an_archive(error: Exception) -> ContainerArchiveError:
    return ContainerArchiveError(
        code="unreadable",
        message=f"The file is not a readable container image archive ({error}).",
        advice="Write it with `docker save IMAGE -o image.tar` and upload that file; "
        "gzip and xz compression are fine. If it was, upload it again: it may be cut short.",
    )


def iterate_members(source: Readable, *, limit: int) -> Iterator[tuple[tarfile.TarInfo, Readable]]:
    """Members of an unpacked tar in order, with their content while it is current.

    The list that tarfile keeps of every member is thrown away as it grows.
    """
    file = ForwardFile(source)
    with tarfile.TarFile(fileobj=cast(IO[bytes], file), tarinfo=BoundedTarInfo) as tar:
        count = 0
        while (member := tar.next()) is not None:
            if count >= limit:
                raise ContainerArchiveError(
                    code="too_many_entries",
                    message=f"The archive has more than {limit} entries.",
                    advice="Remove unneeded files from the image and save it again.",
                )
            count += 1
            plain = member.isreg() and not member.issparse()
            yield member, _Content(file, member.size if plain else 0)
            cast("list[tarfile.TarInfo]", vars(tar)["members"]).clear()


class _Content:
    """The bytes of the member that was just met."""

    def __init__(self, file: ForwardFile, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end. An archive that is cut short raises."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted) if size < 0 else self._file.read_some(wanted)
        if wanted and not data:
            raise tarfile.ReadError("unexpected end of data")
        self._left -= len(data)
        return data
