"""Write container images as `docker save` archives, without an engine or a registry.

A layer is a plain tar; its `diff_id` is the sha256 of that tar. An image is a JSON configuration
that lists the layers' diff_ids; its identity is the sha256 of that JSON (OCI image specification,
"Image ID"). Entries are sorted and carry one fixed time and owner, so the same content gives the
same bytes and the same digest on every machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

__all__ = [
    "FIXED_TIME",
    "ImageConfig",
    "Layer",
    "layer_from_files",
    "layer_from_tar",
    "layer_from_tree",
    "write_archive",
    "write_atomically",
]

# 2020-01-01T00:00:00Z: a time before 1980 upsets zip based tools inside the container.
FIXED_TIME = 1577836800
CREATED = "2020-01-01T00:00:00Z"


@dataclass(frozen=True)
class Layer:
    """One uncompressed layer tar on disk. `diff_id` is the hex sha256 of its bytes."""

    path: Path
    diff_id: str
    created_by: str


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """What the engine runs: the subset of the OCI configuration that we use."""

    entrypoint: Sequence[str]
    command: Sequence[str] = ()
    user: str = "10001:10001"
    workdir: str = "/"
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    architecture: str = "amd64"


def layer_from_files(
    files: Mapping[str, bytes], *, path: Path, created_by: str, directories: Mapping[str, int] = {}
) -> Layer:
    """Write a layer of regular files (mode 0644) and folders (name to mode, 0755 if implied)."""
    names = {_clean(name): data for name, data in files.items()}
    folders = {_clean(name): mode for name, mode in directories.items()}
    for name in [*names, *folders]:
        for parent in PurePosixPath(name).parents:
            if str(parent) != ".":
                folders.setdefault(str(parent), 0o755)
    with write_atomically(path) as stream, _plain_tar(stream) as tar:
        for name in sorted([*names, *folders]):
            if name in folders:
                tar.addfile(_entry(name, kind=tarfile.DIRTYPE, mode=folders[name]))
            else:
                entry = _entry(name, kind=tarfile.REGTYPE, mode=0o644)
                entry.size = len(names[name])
                tar.addfile(entry, io.BytesIO(names[name]))
    return layer_from_tar(path, created_by=created_by)


def layer_from_tree(
    tree: Path, *, path: Path, created_by: str, modes: Mapping[str, int] = {}
) -> Layer:
    """Write a layer from a folder on disk.

    Owners become root and modes 0755 or 0644 whatever the host's umask was, except for the names
    in `modes`. Hard links become copies; sockets and devices are refused with ValueError.
    """
    with write_atomically(path) as stream, _plain_tar(stream) as tar:
        for found in _walk(tree):
            name = found.relative_to(tree).as_posix()
            _add_path(tar, found=found, name=name, mode=modes.get(name))
    return layer_from_tar(path, created_by=created_by)


def layer_from_tar(path: Path, *, created_by: str) -> Layer:
    """Describe an existing uncompressed layer tar, such as one out of another image."""
    return Layer(path=path, diff_id=_sha256(path), created_by=created_by)


def write_archive(path: Path, *, config: ImageConfig, layers: Sequence[Layer], tag: str) -> str:
    """Write a `docker save` archive and return the image's hex digest (its ID in an engine).

    The layout is the one every engine since 1.10 loads: `<digest>.json`, one `<diff_id>/layer.tar`
    per distinct layer, `manifest.json`.
    """
    document = _json(_configuration(config, layers=layers))
    digest = hashlib.sha256(document).hexdigest()
    members = [f"{layer.diff_id}/layer.tar" for layer in layers]
    manifest = [{"Config": f"{digest}.json", "RepoTags": [tag], "Layers": members}]
    with write_atomically(path) as stream, _plain_tar(stream) as tar:
        _add_bytes(tar, name=f"{digest}.json", data=document)
        for layer in {layer.diff_id: layer for layer in layers}.values():
            tar.addfile(_entry(layer.diff_id, kind=tarfile.DIRTYPE, mode=0o755))
            _add_path(tar, found=layer.path, name=f"{layer.diff_id}/layer.tar", mode=0o644)
        _add_bytes(tar, name="manifest.json", data=_json(manifest))
    return digest


@contextmanager
def write_atomically(path: Path) -> Iterator[IO[bytes]]:
    """Write beside `path` and rename when complete, so that no reader sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as stream:
            yield stream
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _configuration(config: ImageConfig, *, layers: Sequence[Layer]) -> dict[str, Any]:
    return {
        "architecture": config.architecture,
        "os": "linux",
        "created": CREATED,
        "config": {
            "User": config.user,
            "WorkingDir": config.workdir,
            "Env": [f"{name}={value}" for name, value in sorted(config.env.items())],
            "Entrypoint": list(config.entrypoint),
            "Cmd": list(config.command),
            "Labels": dict(config.labels),
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.diff_id}" for layer in layers]},
        "history": [{"created": CREATED, "created_by": layer.created_by} for layer in layers],
    }


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _plain_tar(stream: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)


def _entry(name: str, *, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.mode = mode
    entry.mtime = FIXED_TIME
    return entry


def _add_bytes(tar: tarfile.TarFile, *, name: str, data: bytes) -> None:
    entry = _entry(name, kind=tarfile.REGTYPE, mode=0o644)
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))


def _add_path(tar: tarfile.TarFile, *, found: Path, name: str, mode: int | None) -> None:
    status = found.lstat()
    if stat.S_ISLNK(status.st_mode):
        entry = _entry(name, kind=tarfile.SYMTYPE, mode=0o777)
        entry.linkname = os.readlink(found)
        tar.addfile(entry)
    elif stat.S_ISDIR(status.st_mode):
        tar.addfile(_entry(name, kind=tarfile.DIRTYPE, mode=mode or 0o755))
    elif stat.S_ISREG(status.st_mode):
        usual = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        entry = _entry(name, kind=tarfile.REGTYPE, mode=mode or usual)
        entry.size = status.st_size
        with found.open("rb") as content:
            tar.addfile(entry, content)
    else:
        raise ValueError(f"{found} is neither a file, a folder nor a link; it cannot be packed.")


def _walk(tree: Path) -> Iterator[Path]:
    """Every path below `tree`, parents before children, in byte order of their names."""
    for found in sorted(tree.iterdir(), key=lambda entry: os.fsencode(entry.name)):
        yield found
        if found.is_dir() and not found.is_symlink():
            yield from _walk(found)


def _clean(name: str) -> str:
    pure = PurePosixPath(name.strip("/"))
    if not pure.parts or ".." in pure.parts:
        raise ValueError(f"{name!r} is not a path inside the image.")
    return str(pure)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
