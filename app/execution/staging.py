"""From socket values to what a container finds below /input, and what it must leave."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from app.delivery.services import signed_url_for
from app.execution.contract import InputFile, OutputKind, OutputSlot
from app.images.models import ImageFile
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import SuperKind
from app.sockets.selectors import serialized_look_up_table

MARGIN = 3600  # seconds that addresses outlive the longest run


@dataclass(frozen=True)
class PlacedFile:
    """A file below /input: in storage under ``key``, or given as ``content``."""

    relative_path: str
    content: bytes = b""
    key: str = ""
    size: int = 0
    sha256: str = ""


def lifetime() -> int:
    """Return how long addresses for one run must hold, in seconds."""
    return int(max(settings.JOB_TIME_LIMIT, settings.JOB_MAX_TIME_LIMIT)) + MARGIN


def input_files(
    values: Iterable[SocketValue], *, prefix: str = "", listing: bool = True
) -> tuple[InputFile, ...]:
    """Return the files of ``values`` below ``prefix``, and ``inputs.json`` if ``listing``."""
    chosen = list(values)
    files = [_input_file(value, prefix) for value in chosen]
    if listing:
        content = json.dumps([serialized_value(value) for value in chosen]).encode()
        files.append(InputFile(relative_path=f"{prefix}inputs.json", content=content))
    return tuple(files)


def output_slots(sockets: Iterable[Socket]) -> tuple[OutputSlot, ...]:
    """Return what a run with these output sockets must leave."""
    kinds = {
        SuperKind.IMAGE: OutputKind.IMAGE,
        SuperKind.VALUE: OutputKind.JSON,
        SuperKind.FILE: OutputKind.FILE,
    }
    return tuple(
        OutputSlot(
            slug=socket.slug,
            relative_path=socket.relative_path,
            kind=kinds[socket.super_kind],
            schema=_rules_of(socket),
        )
        for socket in sockets
    )


def _rules_of(socket: Socket) -> dict[str, Any] | None:
    rules = [dict(schema) for schema in (socket.socket_kind.schema, socket.schema) if schema]
    return {"allOf": rules} if len(rules) > 1 else rules[0] if rules else None


def serialized_value(value: SocketValue) -> dict[str, Any]:
    """Return a value as ``inputs.json`` and ``predictions.json`` list it."""
    socket = serialized_socket(value.socket)
    image = {"pk": str(value.image_id), "name": value.image.name} if value.image else None
    return {
        "pk": value.pk,
        "socket": socket,
        "interface": socket,
        "value": value.value,
        "file": value.socket.relative_path if value.file_key else None,
        "image": image,
    }


def serialized_socket(socket: Socket) -> dict[str, Any]:
    """Return a socket as containers expect it described."""
    return {
        "pk": socket.pk,
        "title": socket.title,
        "description": socket.description,
        "slug": socket.slug,
        "kind": socket.socket_kind.label,
        "super_kind": str(socket.super_kind),
        "relative_path": socket.relative_path,
        "default_value": socket.default_value,
        "overlay_segments": socket.segments,
        "look_up_table": serialized_look_up_table(socket),
    }


def placed_file(value: SocketValue) -> PlacedFile:
    """Return where a container finds a value, and where its bytes are."""
    path = value.socket.relative_path
    if value.image is not None:
        files = value.image.stored_files
        file = next((one for one in files if one.kind == ImageFile.Kind.MHA), None)
        if file is None:
            raise ImageFile.DoesNotExist(f"{value.image} has no MetaImage.")
        path = f"{path}/{value.image_id}.mha"
        return PlacedFile(path, key=file.key, size=file.size, sha256=file.sha256)
    if value.file_key:
        return PlacedFile(path, key=value.file_key, size=value.file_size, sha256=value.sha256)
    content = json.dumps(value.value).encode()
    return PlacedFile(path, content=content, size=len(content))


def _input_file(value: SocketValue, prefix: str) -> InputFile:
    placed = placed_file(value)
    path = f"{prefix}{placed.relative_path}"
    if not placed.key:
        return InputFile(relative_path=path, content=placed.content)
    url = signed_url_for(placed.key, expires_in=lifetime())
    return InputFile(relative_path=path, url=url, size=placed.size, sha256=placed.sha256)
