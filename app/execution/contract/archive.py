"""Reading a `docker save` or OCI archive without an engine.

One forward pass over the stream digests every blob and keeps the JSON documents; then the
documents are followed from the manifest to the configuration to the layers, and everything they
claim is compared with what was read. Layouts: Docker image specification v1.2 (`manifest.json`)
and OCI image layout 1.1 (`oci-layout`, `index.json`). Newer engines write both at once, and then
`manifest.json` counts, because that is the one `docker load` reads.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from app.execution.contract.config_rules import checked_manifest
from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.forward import Readable, read_fully
from app.execution.contract.layers import ScannedLayer, scan_layer
from app.execution.contract.limits import ArchiveLimits
from app.execution.contract.manifest import ImageManifest
from app.execution.contract.meter import Meter, Progress
from app.execution.contract.tar_stream import (
    PeekableReader,
    iterate_members,
    open_metered,
    readable_archive,
)

_EMPTY_TAR = 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SAVE_ADVICE = "Save exactly one image: `docker save IMAGE -o image.tar`."


@dataclass
class _Contents:
    """Everything kept of an archive after one pass.

    `problem` is the first forbidden entry; it is told only when the file is an image at all.
    """

    documents: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, ScannedLayer] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    problem: ContainerArchiveError | None = None

    def blob(self, name: str) -> ScannedLayer | None:
        """A blob by its member name. Engines before 25 link to a layer that occurs twice."""
        return self.blobs.get(self.links.get(name, name))


@dataclass(frozen=True)
class _ImageParts:
    """Where the one image of an archive is: its configuration and its layers' members."""

    format: str
    config_path: str
    config: bytes
    layer_paths: tuple[str, ...]


def inspect_archive(
    source: Path | str | Readable,
    limits: ArchiveLimits | None = None,
    *,
    progress: Progress | None = None,
) -> ImageManifest:
    """Check an image archive and say what is in it.

    Raises
    ------
    ContainerArchiveError
        In words for the author, with a code; nothing was written or executed.
    """
    limits = limits or ArchiveLimits()
    if isinstance(source, Path | str):
        with open(source, "rb") as stream:
            return inspect_archive(stream, limits, progress=progress)
    meter = Meter(limits, progress=progress)
    with readable_archive(), open_metered(source, meter=meter) as (unpacked, compression):
        contents = _read_contents(unpacked, limits, meter)
    parts = _find_image(contents)
    config = _document(parts.config, what="image configuration")
    layers = _matched_layers(parts, config, contents, limits)
    return checked_manifest(
        config=config,
        config_path=parts.config_path,
        image_id=f"sha256:{hashlib.sha256(parts.config).hexdigest()}",
        archive_format=parts.format,
        compression=compression,
        meter=meter,
        layers=layers,
        layer_paths=parts.layer_paths,
    )


def _read_contents(source: Readable, limits: ArchiveLimits, meter: Meter) -> _Contents:
    contents = _Contents()
    for member, content in iterate_members(source, limit=limits.members):
        name = safe_member_name(member.name)
        if member.isdir():
            continue
        if name in contents.names:
            raise _broken(f"The archive has two entries named `{name}`.")
        contents.names.add(name)
        target = _link_target(name, member) if member.issym() else ""
        if target:
            contents.links[name] = target
        elif member.isreg() and not member.issparse():
            _read_file(contents, name=name, size=member.size, content=content, meter=meter)
        else:
            contents.problem = contents.problem or _broken(
                f"The archive entry `{name}` is a link or a device, not a file."
            )
    return contents


def _read_file(
    contents: _Contents, *, name: str, size: int, content: Readable, meter: Meter
) -> None:
    """A file is a JSON document or a layer, told by its first byte; tiny others are ignored."""
    stream = PeekableReader(content)
    head = stream.peek(6)
    if head[:1] in (b"{", b"["):
        if size > meter.limits.document_bytes:
            raise _broken(f"The document `{name}` in the archive is too large.")
        contents.documents[name] = read_fully(stream, size)
    elif size >= _EMPTY_TAR or head.startswith(b"\x1f\x8b"):
        meter.doing = f"Layer {len(contents.blobs) + 1}: its digest and its users"
        contents.blobs[name] = scan_layer(stream, limits=meter.limits, meter=meter)


def safe_member_name(name: str) -> str:
    """The normal form of a member's name; refuses what points outside the archive."""
    normal = posixpath.normpath(name)
    printable = len(name) <= 512 and name.isprintable()
    if not printable or normal.startswith(("/", "..")) or "\\" in name:
        raise _broken("The archive has an entry whose name points outside of it.")
    return normal


def _link_target(name: str, member: tarfile.TarInfo) -> str:
    """The layer inside the archive that a link leads to, by its text alone; else empty."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
    outside = target.startswith(("/", "..")) or not target.isprintable()
    between_layers = name.endswith("/layer.tar") and target.endswith("/layer.tar")
    return target if between_layers and not outside else ""


def _find_image(contents: _Contents) -> _ImageParts:
    is_docker = "manifest.json" in contents.documents
    if not is_docker and "index.json" not in contents.documents:
        raise ContainerArchiveError(
            code="not_an_image",
            message="The file holds no container image: it has no manifest.json or index.json.",
            advice=f"{_SAVE_ADVICE} `docker export` writes a file system, not an image.",
        )
    if contents.problem is not None:
        raise contents.problem
    return _docker_image(contents) if is_docker else _oci_image(contents)


def _docker_image(contents: _Contents) -> _ImageParts:
    entries = _document(contents.documents["manifest.json"], what="manifest.json", kind=list)
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise _not_one(len(entries))
    config_path, layer_paths = entries[0].get("Config"), entries[0].get("Layers")
    if not isinstance(config_path, str) or not _all_text(layer_paths):
        raise _broken("manifest.json does not name a configuration and layers.")
    name = safe_member_name(config_path)
    config = contents.documents.get(name)
    if config is None:
        raise _broken("The image configuration that manifest.json names is not in the archive.")
    _check_named_digest(name, f"sha256:{hashlib.sha256(config).hexdigest()}")
    return _ImageParts(
        format="docker",
        config_path=name,
        config=config,
        layer_paths=tuple(safe_member_name(path) for path in layer_paths),
    )


def _oci_image(contents: _Contents) -> _ImageParts:
    manifest = _oci_manifest(contents, contents.documents["index.json"], depth=0)
    config_path, config = _oci_blob(contents, manifest.get("config"))
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        raise _broken("The image manifest lists no layers.")
    return _ImageParts(
        format="oci",
        config_path=config_path,
        config=config,
        layer_paths=tuple(_oci_path(layer) for layer in layers),
    )


def _oci_manifest(contents: _Contents, index: bytes, *, depth: int) -> dict[str, Any]:
    """Follow an index to its only image; buildx nests one index and adds attestations."""
    entries = _document(index, what="index.json").get("manifests")
    if not isinstance(entries, list):
        raise _broken("index.json lists no images.")
    images = [entry for entry in entries if not _is_attestation(entry)]
    if len(images) != 1:
        raise _not_one(len(images))
    _, blob = _oci_blob(contents, images[0])
    document: dict[str, Any] = _document(blob, what="image manifest")
    if "manifests" in document and depth < 2:
        return _oci_manifest(contents, blob, depth=depth + 1)
    return document


def _is_attestation(entry: Any) -> bool:
    annotations = entry.get("annotations") if isinstance(entry, dict) else None
    kind = (annotations or {}).get("vnd.docker.reference.type")
    return bool(kind == "attestation-manifest")


def _oci_blob(contents: _Contents, descriptor: Any) -> tuple[str, bytes]:
    path = _oci_path(descriptor)
    blob = contents.documents.get(path)
    if blob is None:
        raise _broken(f"The blob `{path}` is not in the archive.")
    _check_named_digest(path, f"sha256:{hashlib.sha256(blob).hexdigest()}")
    return path, blob


def _oci_path(descriptor: Any) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    algorithm, _, value = digest.partition(":") if isinstance(digest, str) else ("", "", "")
    if algorithm != "sha256" or not _DIGEST.fullmatch(value):
        raise _broken("The archive names a blob without a sha256 digest.")
    return f"blobs/sha256/{value}"


def _matched_layers(
    parts: _ImageParts, config: dict[str, Any], contents: _Contents, limits: ArchiveLimits
) -> list[ScannedLayer]:
    """The layers in order, each proven to be what the configuration was built from."""
    rootfs = config.get("rootfs")
    diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not _all_text(diff_ids) or len(diff_ids) != len(parts.layer_paths) or not diff_ids:
        raise _broken("The layers in the archive are not the layers of the image configuration.")
    if len(diff_ids) > limits.layers:
        raise ContainerArchiveError(
            code="too_many_layers",
            message=f"The image has {len(diff_ids)} layers; at most {limits.layers} are allowed.",
            advice="Join RUN lines in the Dockerfile, or build with `--squash`.",
        )
    pairs = zip(parts.layer_paths, diff_ids, strict=True)
    return [_matched_layer(contents, path, diff_id) for path, diff_id in pairs]


def _matched_layer(contents: _Contents, path: str, diff_id: str) -> ScannedLayer:
    layer = contents.blob(path)
    if layer is None:
        raise _broken(f"The layer `{path}` is not in the archive.")
    if layer.problem:
        raise _unread_layer(path, layer)
    if path.startswith("blobs/"):
        _check_named_digest(path, layer.blob_digest)
    if layer.diff_id != diff_id:
        raise ContainerArchiveError(
            code="digest",
            message=f"The layer `{path}` does not have the digest that the image states.",
            advice="The file was damaged or changed. Save the image again and upload that file.",
        )
    return layer


def _unread_layer(path: str, layer: ScannedLayer) -> ContainerArchiveError:
    if layer.problem_code != "compression":
        return _broken(f"The layer `{path}` cannot be read ({layer.problem}).")
    return ContainerArchiveError(
        code="compression",
        message=layer.problem.replace("The archive", f"The layer `{path}`", 1),
        advice="Build with gzip layers: "
        "`docker buildx build --output type=docker,compression=gzip,dest=image.tar .`",
    )


def _check_named_digest(path: str, digest: str) -> None:
    """A name that is a digest must tell the truth: `<hex>.json`, `blobs/sha256/<hex>`, …"""
    named = posixpath.basename(path).removesuffix(".json").removeprefix("sha256:")
    if not _DIGEST.fullmatch(named) or f"sha256:{named}" != digest:
        raise ContainerArchiveError(
            code="digest",
            message=f"The content of `{path}` does not have the digest in its name.",
            advice="The file was damaged or changed. Save the image again and upload that file.",
        )


def _document(content: bytes, *, what: str, kind: type = dict) -> Any:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _broken(f"The {what} in the archive is not valid JSON.") from error
    if not isinstance(value, kind):
        raise _broken(f"The {what} in the archive has the wrong form.")
    return value


def _all_text(values: Any) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _not_one(count: int) -> ContainerArchiveError:
    return ContainerArchiveError(
        code="not_one_image",
        message=f"The archive holds {count} images; exactly one is needed.",
        advice=f"{_SAVE_ADVICE} For a multi-platform build, build with `--platform linux/amd64`.",
    )


def _broken(message: str) -> ContainerArchiveError:
    return ContainerArchiveError(code="broken", message=message, advice=_SAVE_ADVICE)
