"""Container image archives made in Python: no registry, no builder, no engine.

The images hold one static busybox (Debian: `busybox-static`), so they weigh 2 MB and any engine
loads them in a tenth of a second. Every part that an attacker could falsify can be given.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_APPLETS = (
    "sh cat cp mv rm ls ln mkdir mkfifo mknod dd head tail id touch sleep yes env echo true "
    "false df stat nc nslookup ping sed awk grep tr seq find test mount ps kill tar sync wc"
)
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n"
GROUP = b"root:x:0:\nuser:x:1000:\nextra:x:2000:user\n"


@dataclass(frozen=True)
class Entry:
    """One entry of a layer: a file with content, a folder, or a link."""

    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


def folder(*, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Entry:
    return Entry(kind=tarfile.DIRTYPE, mode=mode, uid=uid, gid=gid)


def symlink(target: str) -> Entry:
    return Entry(kind=tarfile.SYMTYPE, link=target, mode=0o777)


def busybox_path() -> Path:
    found = shutil.which("busybox")
    if found is None:
        raise RuntimeError("Install busybox-static: test images are made of it.")
    return Path(found)


def pack(entries: Mapping[str, Entry]) -> bytes:
    """A tar of `entries` in order, the same bytes every time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, entry in entries.items():
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.linkname = entry.kind, entry.mode, entry.link
            info.uid, info.gid, info.size = entry.uid, entry.gid, len(entry.content)
            tar.addfile(info, io.BytesIO(entry.content))
    return out.getvalue()


def base_layer(*, passwd: bytes = PASSWD, group: bytes = GROUP) -> dict[str, Entry]:
    entries = {
        "bin": folder(),
        "bin/busybox": Entry(content=busybox_path().read_bytes(), mode=0o755),
        "etc": folder(),
        "etc/passwd": Entry(content=passwd),
        "etc/group": Entry(content=group),
        "home": folder(),
        "home/user": folder(uid=1000, gid=1000),
        "tmp": folder(mode=0o1777),
    }
    entries.update({f"bin/{applet}": symlink("busybox") for applet in _APPLETS.split()})
    return entries


@dataclass
class ContainerRecipe:
    """An image: layers from the bottom up, and what its configuration says."""

    layers: list[dict[str, Entry]] = field(default_factory=lambda: [base_layer()])
    user: str | None = "user"
    entrypoint: list[str] | None = None
    command: list[str] | None = None
    env: list[str] = field(default_factory=lambda: ["PATH=/bin"])
    labels: dict[str, str] = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)
    working_dir: str = ""
    architecture: str = "amd64"
    os: str = "linux"
    diff_ids: list[str] | None = None
    tags: list[str] = field(default_factory=lambda: ["library/example:latest"])

    def layer_tars(self) -> list[bytes]:
        return [pack(layer) for layer in self.layers]

    def config(self, tars: Iterable[bytes]) -> bytes:
        settings: dict[str, Any] = {
            "User": self.user,
            "Env": self.env,
            "Entrypoint": self.entrypoint,
            "Cmd": self.command,
            "Labels": self.labels,
            "Volumes": {path: {} for path in self.volumes} or None,
            "WorkingDir": self.working_dir,
        }
        diff_ids = self.diff_ids or [f"sha256:{sha256(tar)}" for tar in tars]
        document = {
            "architecture": self.architecture,
            "os": self.os,
            "created": "2026-01-01T00:00:00Z",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [],
        }
        return json.dumps(document, sort_keys=True).encode()

    def image_id(self) -> str:
        return f"sha256:{sha256(self.config(self.layer_tars()))}"

    def docker_archive(self) -> bytes:
        """As `docker save` of engines before 25 writes it: layers first, manifest last."""
        return pack(self.docker_members())

    def docker_members(self) -> dict[str, Entry]:
        tars = self.layer_tars()
        config = self.config(tars)
        layer_names = [f"{sha256(tar)}/layer.tar" for tar in tars]
        members = {name: Entry(content=tar) for name, tar in zip(layer_names, tars, strict=True)}
        members[f"{sha256(config)}.json"] = Entry(content=config)
        manifest = [
            {"Config": f"{sha256(config)}.json", "RepoTags": self.tags, "Layers": layer_names}
        ]
        members["manifest.json"] = Entry(content=json.dumps(manifest).encode())
        return members

    def oci_archive(self, *, compress_layers: bool = True) -> bytes:
        return pack(self.oci_members(compress_layers=compress_layers))

    def oci_members(self, *, compress_layers: bool = True) -> dict[str, Entry]:
        tars = self.layer_tars()
        config = self.config(tars)
        stored = [gzip.compress(tar, 1, mtime=0) if compress_layers else tar for tar in tars]
        media_type = "application/vnd.oci.image.layer.v1.tar"
        manifest = {
            "schemaVersion": 2,
            "config": _descriptor(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [
                _descriptor(blob, media_type + ("+gzip" if compress_layers else ""))
                for blob in stored
            ],
        }
        manifest_bytes = json.dumps(manifest).encode()
        descriptor = _descriptor(manifest_bytes, "application/vnd.oci.image.manifest.v1+json")
        members = {
            "oci-layout": Entry(content=b'{"imageLayoutVersion":"1.0.0"}'),
            "index.json": Entry(
                content=json.dumps({"schemaVersion": 2, "manifests": [descriptor]}).encode()
            ),
        }
        blobs = [manifest_bytes, config, *stored]
        members.update({f"blobs/sha256/{sha256(blob)}": Entry(content=blob) for blob in blobs})
        return members

    def write(self, path: Path, *, oci: bool = False, compression: str = "") -> Path:
        data = self.oci_archive() if oci else self.docker_archive()
        if compression == "gzip":
            data = gzip.compress(data, 1)
        if compression == "xz":
            data = lzma.compress(data, preset=0)
        path.write_bytes(data)
        return path


def shell_image(script: str, **changes: Any) -> ContainerRecipe:
    """An image that runs `script` with busybox's shell as an ordinary user."""
    return ContainerRecipe(entrypoint=["/bin/sh", "-c", script], **changes)


READY = "answer '200 OK'"
DONE = "answer '201 Created'"
_ANSWERING = """
answer() {{ printf 'HTTP/1.1 %s\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' "$1"; }}
read -r method path version
while read -r line && [ "$line" != "$(printf '\\r')" ]; do :; done
case "$method $path" in
"GET /health") {health} ;;
"POST /invoke") {invoke} ;;
*) answer '404 Not Found' ;;
esac
"""


def serving_image(
    invoke: str,
    *,
    health: str = READY,
    setup: str = "true",
    layers: Iterable[dict[str, Entry]] = (),
    **changes: Any,
) -> ContainerRecipe:
    """An image that stays up: busybox's shell answers each connection in a process of its own.

    `invoke` and `health` say `answer '201 Created'` or write an answer to their output; what they
    log goes to descriptors 3 (stdout) and 2. `setup` runs once, before anybody listens. `layers`
    replace the base.
    """
    script = _ANSWERING.format(health=health, invoke=invoke).encode()
    answering = {"srv": folder(), "srv/answer": Entry(content=script)}
    labels = {"org.grand-challenge.api-method": "invoke"} | changes.pop("labels", {})
    listen = "exec 3>&1; exec nc -ll -p 4743 -e /bin/sh /srv/answer"
    base = list(layers) or [base_layer()]
    return shell_image(f"{setup}; {listen}", layers=[*base, answering], labels=labels, **changes)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _descriptor(content: bytes, media_type: str) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": f"sha256:{sha256(content)}",
        "size": len(content),
    }
