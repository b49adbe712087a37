"""`predictions.json` of the sample, in pieces between which `./test` puts what was written."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

from app.challenges.kit.sample import SampleCase
from app.challenges.kit.zipping import Entry, text_entry
from app.execution.staging import serialized_value
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import SuperKind

_HOLE = "@VALUE@"


def prediction_entries(case: SampleCase, outputs: list[Socket], *, folder: str) -> Iterator[Entry]:
    """Return what `./test` needs to describe one case as the portal would."""
    described = {
        "pk": str(case.job),
        "inputs": [serialized_value(value) for value in case.values],
        "outputs": [_output(case, socket) for socket in outputs],
        "status": "Succeeded",
    }
    # In a text of JSON, quotation marks that belong to a value have a backslash before them.
    pieces = json.dumps(described).split(f'"{_HOLE}"')
    for number, piece in enumerate(pieces):
        yield text_entry(f"{folder}/prediction-{number}", piece)
    lines = [
        f"{socket.super_kind.lower()}\t{socket.relative_path}\t{_image(case, socket)}\n"
        for socket in outputs
    ]
    yield text_entry(f"{folder}/outputs", "".join(lines))
    yield text_entry(f"{folder}/job", f"{case.job}\n")


def _output(case: SampleCase, socket: Socket) -> dict[str, Any]:
    held = SocketValue(socket=socket)
    if socket.super_kind is SuperKind.VALUE:
        held.value = _HOLE
    if socket.super_kind is SuperKind.FILE:
        held.file_key = "a file"
    described = serialized_value(held)
    if socket.is_image:
        described["image"] = {"pk": str(_image(case, socket)), "name": socket.title}
    return described


def _image(case: SampleCase, socket: Socket) -> uuid.UUID:
    """Return what stands for the key of the image that the portal would make of an output."""
    return uuid.uuid5(case.job, socket.slug)
