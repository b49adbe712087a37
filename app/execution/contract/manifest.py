"""What is known about an image after its archive was read, before any engine saw it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer: `diff_id` is the digest of the unpacked tar, `path` its member in the archive.

    `command` is the line of the build that made it, as the image's history tells; unproven.
    """

    diff_id: str
    path: str
    stored_bytes: int
    unpacked_bytes: int
    entries: int
    command: str = ""


@dataclass(frozen=True, kw_only=True)
class UserIdentity:
    """The image's USER, resolved through its own /etc/passwd and /etc/group; never uid 0."""

    declared: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    home: str = ""


@dataclass(frozen=True, kw_only=True)
class ImageManifest:
    """The identity and the checked facts of one container image.

    `image_id` is the digest of the image configuration ("sha256:…"): it fixes every layer
    through their diff ids, so it is what a version of an algorithm is pinned to.
    `baked_caches` are cache folders that the image ships with content (`/home/u/.cache/torch`):
    their environment variables are not redirected.
    """

    image_id: str
    format: str
    compression: str
    archive_bytes: int
    unpacked_bytes: int
    config_path: str
    layers: tuple[Layer, ...]
    architecture: str
    os: str
    user: UserIdentity
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    working_dir: str
    env: tuple[str, ...]
    labels: dict[str, str]
    volumes: tuple[str, ...]
    baked_caches: tuple[str, ...] = ()
    created: str = ""
    author: str = ""

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Return the digests of the unpacked layers, bottom first."""
        return tuple(layer.diff_id for layer in self.layers)

    @property
    def env_names(self) -> frozenset[str]:
        """Return the names of the environment variables that the image sets."""
        return frozenset(item.partition("=")[0] for item in self.env)

    def as_record(self) -> dict[str, Any]:
        """Plain JSON, the inverse of `from_record`."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> ImageManifest:
        """Return the manifest that `as_record` wrote."""
        values = dict(record)
        user = dict(values["user"], groups=tuple(values["user"]["groups"]))
        values["user"] = UserIdentity(**user)
        values["layers"] = tuple(Layer(**layer) for layer in values["layers"])
        for name in ("entrypoint", "command", "env", "volumes", "baked_caches"):
            values[name] = tuple(values[name])
        return cls(**values)
