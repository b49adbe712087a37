"""The archive as an engine gets it: the same image, stripped of every name.

`docker load` obeys the tags in an archive, so an upload could take over another image's tag; and
older engines cannot read an OCI layout. What is handed over is therefore always a fresh
docker-archive that holds only the configuration, the layers, and a manifest without tags.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from app.execution.contract.archive import safe_member_name
from app.execution.contract.forward import CHUNK, Readable
from app.execution.contract.limits import ArchiveLimits
from app.execution.contract.manifest import ImageManifest
from app.execution.contract.meter import Meter
from app.execution.contract.tar_stream import iterate_members, open_metered, readable_archive

_BLOCK = 512


def untagged_archive(
    path: Path, manifest: ImageManifest, limits: ArchiveLimits | None = None
) -> Iterator[bytes]:
    """Chunks of a docker-archive for `docker load`; the source is read forward, once."""
    limits = limits or ArchiveLimits()
    names = _member_names(manifest)
    with (
        open(path, "rb") as stream,
        readable_archive(),
        open_metered(stream, meter=Meter(limits)) as (source, _),
    ):
        for member, content in iterate_members(source, limit=limits.members):
            name = names.pop(safe_member_name(member.name), None)
            if name is not None and member.isreg():
                yield from _file_chunks(name, member.size, content)
    yield from _file_chunks("manifest.json", *_sized(_manifest_document(manifest)))
    yield bytes(2 * _BLOCK)


def _member_names(manifest: ImageManifest) -> dict[str, str]:
    """Old name -> new name of every member that is handed over."""
    names = {layer.path: _layer_name(layer.diff_id) for layer in manifest.layers}
    names[manifest.config_path] = _config_name(manifest)
    return names


def _config_name(manifest: ImageManifest) -> str:
    return f"{manifest.image_id.removeprefix('sha256:')}.json"


def _layer_name(diff_id: str) -> str:
    return f"{diff_id.removeprefix('sha256:')}/layer.tar"


def _manifest_document(manifest: ImageManifest) -> bytes:
    layers = [_layer_name(diff_id) for diff_id in manifest.diff_ids]
    entry = {"Config": _config_name(manifest), "RepoTags": None, "Layers": layers}
    return json.dumps([entry]).encode()


def _sized(content: bytes) -> tuple[int, Readable]:
    return len(content), io.BytesIO(content)


def _file_chunks(name: str, size: int, content: Readable) -> Iterator[bytes]:
    header = tarfile.TarInfo(name)
    header.size = size
    yield header.tobuf(tarfile.GNU_FORMAT)
    while chunk := content.read(CHUNK):
        yield chunk
    yield bytes(-size % _BLOCK)
