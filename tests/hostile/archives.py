"""Hostile image archives: each is refused by its code before any engine sees it.

They go the way of an upload, through the child process with its limits; the honest twin is the
same image as it should be.
"""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.execution.contract.limits import MIB
from app.execution.contract.tar_stream import Readable
from tests.factories.containers import (
    ContainerRecipe,
    Entry,
    base_layer,
    pack,
    sha256,
    shell_image,
    symlink,
)

Content = bytes | Iterator[bytes]
Make = Callable[[ContainerRecipe], Content]


@dataclass(frozen=True, kw_only=True)
class HostileArchive:
    """An archive that is made from an honest recipe, and the code that refuses it."""

    name: str
    does: str
    make: Make
    code: str | tuple[str, ...]
    within: float = 10
    sample: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        """The codes of which one has to be the refusal's."""
        return self.code if isinstance(self.code, tuple) else (self.code,)


class Stream:
    """`read` over bytes or over pieces that are made as they are asked for."""

    def __init__(self, content: Content) -> None:
        self._pieces = iter([content]) if isinstance(content, bytes) else content
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        if size < 0:
            return self._rest + b"".join(self._pieces)
        if not self._rest:
            self._rest = next(self._pieces, b"")
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def honest() -> ContainerRecipe:
    return shell_image("echo done")


def as_stream(content: Content) -> Readable:
    return Stream(content)


def _changed(**changes: Any) -> Make:
    return lambda recipe: replace(recipe, **changes).docker_archive()


def _with(name: str, entry: Entry) -> Make:
    """The archive with one more entry, which is first, so that it cannot be overlooked."""
    return lambda recipe: pack({name: entry, **recipe.docker_members()})


def _with_layer(layer: dict[str, Entry], **changes: Any) -> Make:
    return _changed(layers=[base_layer(), layer], **changes)


def _edited(edit: Callable[[dict[str, Entry]], None]) -> Make:
    def make(recipe: ContainerRecipe) -> bytes:
        members = recipe.docker_members()
        edit(members)
        return pack(members)

    return make


def _manifest(**changes: object) -> Make:
    def edit(members: dict[str, Entry]) -> None:
        manifest = json.loads(members["manifest.json"].content)
        manifest[0] |= changes
        members["manifest.json"] = Entry(content=json.dumps(manifest).encode())

    return _edited(edit)


def _tamper(members: dict[str, Entry]) -> None:
    name = next(name for name in members if name.endswith("layer.tar"))
    content = members[name].content
    members[name] = Entry(content=content.replace(b"root:x:0:0:", b"root:x:1:1:", 1))


def _two_images(members: dict[str, Entry]) -> None:
    manifest = json.loads(members["manifest.json"].content)
    members["manifest.json"] = Entry(content=json.dumps(manifest * 2).encode())


def _zipped(recipe: ContainerRecipe) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as found:
        found.writestr("image.tar", recipe.docker_archive())
    return out.getvalue()


def _gzip_of_zeros(gigabytes: int) -> Iterator[bytes]:
    """A gzip stream; what is kept of it in memory is one piece that unpacks to 16 MiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    yield b"\x1f\x8b\x08\0\0\0\0\0\0\x03"
    for _ in range(gigabytes * 64):
        yield piece


def _tar_of_zeros(gigabytes: int) -> Iterator[bytes]:
    """The same with the head of a tar in front, so that it looks like one huge file."""
    info = tarfile.TarInfo("layer.tar")
    info.size = gigabytes << 30
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(info.tobuf(tarfile.GNU_FORMAT)) + packer.flush(zlib.Z_FULL_FLUSH)
    pieces = _gzip_of_zeros(gigabytes)
    yield next(pieces) + head
    yield from pieces


def _layer_bomb(recipe: ContainerRecipe) -> bytes:
    """An archive of the OCI form whose compressed layer unpacks to a gigabyte."""
    members = recipe.oci_members()
    bomb = b"".join(_gzip_of_zeros(1))
    members[f"blobs/sha256/{sha256(bomb)}"] = Entry(content=bomb)
    return pack(members)


def _xz_that_wants_memory(recipe: ContainerRecipe) -> bytes:
    """The head of an xz stream whose dictionary is 4 GiB."""
    flags = b"\x00\x04"
    header = b"\x02\x00\x21\x01\x28" + bytes(3)
    block = header + struct.pack("<I", zlib.crc32(header))
    head = b"\xfd7zXZ\x00" + flags + struct.pack("<I", zlib.crc32(flags))
    return head + block + bytes(1000)


def _huge_header(recipe: ContainerRecipe) -> bytes:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)


def _many_entries(recipe: ContainerRecipe) -> bytes:
    return pack({f"x{number}": Entry() for number in range(11_000)} | recipe.docker_members())


def _exported(recipe: ContainerRecipe) -> bytes:
    return recipe.layer_tars()[0]


def _row(
    name: str,
    does: str,
    make: Make,
    code: str | tuple[str, ...],
    *,
    sample: bool = False,
    within: float = 10,
) -> HostileArchive:
    return HostileArchive(name=name, does=does, make=make, code=code, sample=sample, within=within)


_ROOTS = {"0": "0", "00": "00", "0:0": "0:0", "name": "toor", "plus": "+0", "unset": None, "": ""}
_PASSWD = b"root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n"

ROOT = (
    *(
        _row(
            f"root-as-{label or 'empty'}",
            "runs as root by another spelling",
            _changed(user=user, layers=[base_layer(passwd=_PASSWD)]),
            "user_root",
            sample=label == "name",
        )
        for label, user in _ROOTS.items()
    ),
    _row(
        "root-in-a-later-layer",
        "has a layer that makes its user root",
        _with_layer({"etc/passwd": Entry(content=b"user:x:0:0::/root:/bin/sh\n")}),
        "user_root",
    ),
    _row(
        "whiteout-of-accounts",
        "hides its accounts by a whiteout, so that nobody knows who its user is",
        _with_layer({"etc/.wh.passwd": Entry()}),
        "user_unknown",
    ),
    _row(
        "whiteout-of-everything",
        "hides everything by an opaque whiteout",
        _with_layer({".wh..wh..opq": Entry()}),
        "user_unknown",
    ),
    _row(
        "accounts-are-a-link",
        "has accounts that are a link to a file which may change",
        _with_layer({"etc/passwd": symlink("/tmp/passwd")}),
        "user_unknown",
    ),
)

NAMES = (
    _row("absolute-name", "has an entry with an absolute name", _with("/etc/x", Entry()), "broken"),
    _row(
        "climbing-name",
        "has an entry whose name climbs out",
        _with("a/../../x", Entry(content=b"x")),
        "broken",
        sample=True,
    ),
    _row("entry-link", "has a link", _with("x", symlink("/etc/passwd")), "broken"),
    _row(
        "hard-link", "has a hard link", _with("x", Entry(kind=b"1", link="/etc/passwd")), "broken"
    ),
    _row("entry-device", "has a device", _with("x", Entry(kind=b"4")), "broken"),
    _row("entry-pipe", "has a pipe", _with("x", Entry(kind=b"6")), "broken"),
    _row(
        "manifest-elsewhere",
        "names a file of the host as its configuration",
        _manifest(Config="../../../etc/passwd"),
        "broken",
    ),
)

BOMBS = (
    _row(
        "gzip-bomb",
        "is ten megabytes that unpack to ten gigabytes",
        lambda recipe: _gzip_of_zeros(10),
        ("unpacks_too_large", "unreadable", "not_an_image"),
        sample=True,
    ),
    _row(
        "gzip-bomb-in-a-tar",
        "is the same, as one file of a tar",
        lambda recipe: _tar_of_zeros(10),
        "unpacks_too_large",
    ),
    _row("layer-bomb", "has a layer that unpacks to a gigabyte", _layer_bomb, "unpacks_too_large"),
    _row("xz-memory", "wants 4 GiB of memory to unpack", _xz_that_wants_memory, "unreadable"),
    _row("header-of-gigabytes", "has a name of 8 GiB", _huge_header, "unreadable"),
    _row("many-entries", "has eleven thousand entries", _many_entries, "too_many_entries"),
    _row(
        "many-layers",
        "has 200 layers",
        _changed(layers=[base_layer(), *({f"x{n}": Entry()} for n in range(199))]),
        "too_many_layers",
    ),
    _row(
        "deep-manifest",
        "nests a manifest without end",
        _edited(lambda m: m.update({"manifest.json": Entry(content=b"[" * 1_000_000)})),
        ("broken", "not_an_image"),
    ),
    _row(
        "large-environment",
        "has an environment of a megabyte",
        _changed(env=[f"X{n}={'x' * 1000}" for n in range(1000)]),
        "metadata",
    ),
)

LIES = (
    _row(
        "tampered-layer",
        "has a layer that is not the one it was built with",
        _edited(_tamper),
        "digest",
        sample=True,
    ),
    _row(
        "tampered-configuration",
        "states other layers than it has",
        _changed(diff_ids=["sha256:" + "0" * 64]),
        "digest",
    ),
    _row("two-images", "holds two images", _edited(_two_images), "not_one_image"),
    _row("wrong-architecture", "is for ARM", _changed(architecture="arm64"), "platform"),
    _row("wrong-system", "is for Windows", _changed(os="windows"), "platform"),
    _row("no-entrypoint", "has nothing to run", _changed(entrypoint=None), "no_entrypoint"),
    _row(
        "volume-over-proc",
        "declares a VOLUME over the system's own folders",
        _changed(volumes=["/proc/self"]),
        "volumes",
    ),
    _row(
        "truncated-gzip",
        "was cut in the middle",
        lambda recipe: zlib.compress(recipe.docker_archive(), wbits=31)[:-5000],
        "unreadable",
    ),
    _row("zip", "is a zip file", _zipped, ("unreadable", "not_an_image")),
    _row("exported", "is a file system and not an image", _exported, "not_an_image"),
    _row("nothing", "is empty", lambda recipe: b"", ("unreadable", "not_an_image")),
    _row("web-page", "is a web page", lambda recipe: b"<html>" * 1000, "unreadable"),
)

ARCHIVES = ROOT + NAMES + BOMBS + LIES
