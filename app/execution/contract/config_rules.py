"""The rules on an image configuration (OCI image specification, `config.md`)."""

from __future__ import annotations

import json
import posixpath
from typing import Any

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.layers import ACCOUNT_FILES, ScannedLayer
from app.execution.contract.limits import ArchiveLimits
from app.execution.contract.manifest import ImageManifest, Layer
from app.execution.contract.meter import Meter
from app.execution.contract.serving import api_method
from app.execution.contract.users import resolve_user
from app.sockets.schemas import InvalidValue, check_plain

_CONTRACT_PATHS = ("/input", "/output", "/tmp", "/opt/ml", "/opt/hounsfield")  # noqa: S108
_SYSTEM_PATHS = ("/proc", "/sys", "/dev", "/etc", "/run/secrets")


def checked_manifest(
    *,
    config: dict[str, Any],
    config_path: str,
    image_id: str,
    archive_format: str,
    compression: str,
    meter: Meter,
    layers: list[ScannedLayer],
    layer_paths: tuple[str, ...],
) -> ImageManifest:
    """The manifest of an image whose layers are proven, once its configuration is acceptable."""
    _check_platform(config)
    settings = config.get("config") or {}
    if not isinstance(settings, dict):
        raise _refusal("broken", "The image configuration has the wrong form.", "Build it again.")
    entrypoint, command = _words(settings, "Entrypoint"), _words(settings, "Cmd")
    if not any(entrypoint) and not any(command):
        raise _refusal(
            "no_entrypoint",
            "The image has neither ENTRYPOINT nor CMD, so there is nothing to run.",
            'Add for example `ENTRYPOINT ["python", "-m", "process"]` to the Dockerfile.',
        )
    accounts = _final_accounts(layers)
    user = resolve_user(
        settings.get("User"), passwd=accounts["etc/passwd"], group=accounts["etc/group"]
    )
    manifest = ImageManifest(
        image_id=image_id,
        format=archive_format,
        compression=compression,
        archive_bytes=meter.bytes_in,
        unpacked_bytes=sum(layer.unpacked_bytes for layer in layers),
        config_path=config_path,
        layers=tuple(map(_layer_record, layers, layer_paths, _commands(config, len(layers)))),
        architecture="amd64",
        os="linux",
        user=user,
        entrypoint=entrypoint,
        command=command,
        working_dir=_text(settings.get("WorkingDir")),
        env=_bounded(_words(settings, "Env"), meter.limits, what="environment"),
        labels=_labels(settings, meter.limits),
        volumes=_volumes(settings, meter.limits),
        baked_caches=tuple(sorted(set().union(*(layer.caches for layer in layers)))),
        created=_line(config.get("created"), most=40),
        author=_line(config.get("author"), most=200),
    )
    _check_storable(manifest)
    return manifest


def _check_storable(manifest: ImageManifest) -> None:
    """Nobody can keep a NUL character, and no program could be given one."""
    try:
        check_plain(json.loads(json.dumps(manifest.as_record())))
    except InvalidValue as error:
        place = error.field or "a name"
        raise _refusal(
            "broken",
            f"The image configuration holds characters that cannot be stored ({place}).",
            "Look for unprintable characters in ENV, LABEL, ENTRYPOINT and WORKDIR, and build it "
            "again.",
        ) from error


def _layer_record(layer: ScannedLayer, path: str, command: str) -> Layer:
    return Layer(
        diff_id=layer.diff_id,
        path=path,
        stored_bytes=layer.stored_bytes,
        unpacked_bytes=layer.unpacked_bytes,
        entries=layer.entries,
        command=command,
    )


def _commands(config: dict[str, Any], count: int) -> list[str]:
    """What built each layer, by the history; nothing where the history does not fit."""
    history = config.get("history")
    steps = (
        [step for step in history if isinstance(step, dict)] if isinstance(history, list) else []
    )
    made = [
        _line(step.get("created_by"), most=500) for step in steps if not step.get("empty_layer")
    ]
    return made if len(made) == count else [""] * count


def _line(value: object, *, most: int) -> str:
    """One printable line of a text that nobody checked."""
    words = _text(value).replace("/bin/sh -c #(nop)", "").replace("/bin/sh -c", "RUN")
    return "".join(char if char.isprintable() else " " for char in words).strip()[:most]


def _check_platform(config: dict[str, Any]) -> None:
    found = f"{_text(config.get('os'))}/{_text(config.get('architecture'))}"
    if found != "linux/amd64":
        raise _refusal(
            "platform",
            f"The image is built for {found}; the workers run linux/amd64.",
            "Build it with `docker build --platform linux/amd64 …` and upload it again.",
        )


def _final_accounts(layers: list[ScannedLayer]) -> dict[str, bytes]:
    """The account files as the stacked layers show them: the last layer that says anything."""
    accounts = dict.fromkeys(ACCOUNT_FILES, b"")
    for layer in layers:
        for name, content in layer.accounts.items():
            accounts[name] = content or b""
    return accounts


def _words(settings: dict[str, Any], name: str) -> tuple[str, ...]:
    value = settings.get(name) or []
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise _refusal(
            "broken", f"The image's {name} has the wrong form.", "Build the image again."
        )
    return tuple(words)


def _labels(settings: dict[str, Any], limits: ArchiveLimits) -> dict[str, str]:
    labels = settings.get("Labels") or {}
    if not isinstance(labels, dict):
        raise _refusal("broken", "The image's labels have the wrong form.", "Build it again.")
    pairs = {str(key): _text(value) for key, value in labels.items()}
    _bounded(tuple(f"{key}={value}" for key, value in pairs.items()), limits, what="labels")
    api_method(pairs)
    return pairs


def _bounded(words: tuple[str, ...], limits: ArchiveLimits, *, what: str) -> tuple[str, ...]:
    if sum(len(word) + 1 for word in words) > limits.metadata_bytes:
        raise _refusal(
            "metadata", f"The image's {what} is too large.", "Put large values into a file."
        )
    return words


def _volumes(settings: dict[str, Any], limits: ArchiveLimits) -> tuple[str, ...]:
    """Declared VOLUMEs in normal form; those that would shadow the contract's are refused."""
    declared = settings.get("Volumes") or {}
    if not isinstance(declared, dict) or len(declared) > limits.volumes:
        raise _refusal(
            "volumes",
            f"The image declares more than {limits.volumes} VOLUMEs.",
            "Remove the VOLUME lines from the Dockerfile; a run needs none.",
        )
    return tuple(sorted({_volume_path(str(path)) for path in declared} - {*_CONTRACT_PATHS}))


def _volume_path(declared: str) -> str:
    path = posixpath.normpath(declared)
    inside = any(path.startswith(f"{top}/") for top in _CONTRACT_PATHS)
    system = any(path == top or path.startswith(f"{top}/") for top in _SYSTEM_PATHS)
    plain = path.isprintable() and not any(mark in path for mark in ":,\\")
    if not path.startswith("/") or path in ("/", "//") or inside or system or not plain:
        raise _refusal(
            "volumes",
            f"The image declares a VOLUME at `{declared[:100]}`, where a run cannot have one.",
            "Remove that VOLUME line from the Dockerfile.",
        )
    return path


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _refusal(code: str, message: str, advice: str) -> ContainerArchiveError:
    return ContainerArchiveError(code=code, message=message, advice=advice)
