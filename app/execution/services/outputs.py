"""From what a worker sent to socket values."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.errors import ValidationFailed
from app.core.storage import get_store
from app.execution.contract import Limits, OutputError, checked_json
from app.execution.models import IncomingOutput
from app.execution.services.incoming import NotAsSent, fetch_incoming
from app.execution.staging import output_slots
from app.images.conversion import Limits as ConversionLimits
from app.images.conversion.child import run_conversion
from app.images.services import StoredImage, publish_image, store_image
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import InvalidValue, SuperKind
from app.sockets.services import file_value, image_value, json_value
from app.sockets.services.values import check_stored_file

_IMAGE_SUFFIXES = (".mha", ".tif", ".tiff")


class InvalidOutput(Exception):
    """An output that its socket cannot take; message and advice are for the author."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


REFUSALS = (InvalidOutput, OutputError, ValidationFailed, InvalidValue)
"""What is raised for results that are not what the interface says."""


@dataclass
class ReadOutput:
    """An output that was checked, whose rows are not in the database yet.

    ``content`` is a digest of what it means: two images of the same voxels and geometry, or two
    values that are equal, have the same, whatever else is in their files.
    """

    socket: Socket
    incoming: IncomingOutput
    content: str = ""
    value: Any = None
    image: StoredImage | None = None
    key: str = ""


def read_output(
    incoming: IncomingOutput, socket: Socket, *, limits: Limits, scratch: Path
) -> ReadOutput:
    """Check one output as a stranger's and put into storage what is kept of it.

    May be done again after being cut off: the same keys are written.
    """
    path = scratch / f"output{_suffix(incoming, socket)}"
    fetch_incoming(incoming, path=path)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != incoming.sha256:
            raise NotAsSent(f"{incoming} has other bytes than its worker said.")
    read: dict[SuperKind, Callable[[ReadOutput, Path, Limits], None]] = {
        SuperKind.IMAGE: _read_image,
        SuperKind.FILE: _read_file,
        SuperKind.VALUE: _read_value,
    }
    output = ReadOutput(socket, incoming)
    read[socket.super_kind](output, path, limits)
    return output


def read_value(incoming: IncomingOutput, socket: Socket, *, limits: Limits) -> ReadOutput:
    """Check one JSON value that came along with the end of its run."""
    content = bytes(incoming.content or b"")
    output = ReadOutput(socket, incoming)
    _check_size(output, len(content), limits)
    _take_value(output, content, limits)
    return output


def publish_outputs(outputs: Iterable[ReadOutput]) -> list[SocketValue]:
    """Make the socket values, in the transaction under way."""
    values = []
    for output in outputs:
        if output.image is not None:
            value = image_value(socket=output.socket, image=publish_image(output.image))
        elif output.key:
            value = file_value(
                socket=output.socket,
                file_key=output.key,
                file_size=output.incoming.size,
                sha256=output.incoming.sha256,
            )
        else:
            value = json_value(socket=output.socket, value=output.value)
        values.append(value)
    return values


def _read_value(output: ReadOutput, path: Path, limits: Limits) -> None:
    _check_size(output, path.stat().st_size, limits)
    _take_value(output, path.read_bytes(), limits)


def _check_size(output: ReadOutput, size: int, limits: Limits) -> None:
    if size > limits.json_bytes:
        raise InvalidOutput(f"The output “{output.socket.title}” is too large for JSON.")


def _take_value(output: ReadOutput, content: bytes, limits: Limits) -> None:
    (slot,) = output_slots([output.socket])
    output.value = checked_json(content, slot, limits)
    text = json.dumps(output.value, sort_keys=True, separators=(",", ":"))
    output.content = hashlib.sha256(text.encode()).hexdigest()


def _read_file(output: ReadOutput, path: Path, limits: Limits) -> None:
    check_stored_file(path, socket=output.socket)
    output.key = f"values/{output.incoming.pk}/file{output.socket.extension}"
    get_store().put_file(path, key=output.key)
    output.content = output.incoming.sha256


def _read_image(output: ReadOutput, path: Path, limits: Limits) -> None:
    title = output.socket.title
    source, target = path.parent / "in", path.parent / "out"
    source.mkdir()
    path.rename(source / path.name)
    report = run_conversion(source, target, limits=ConversionLimits())
    if len(report.images) != 1:
        issue = report.issues[0] if report.issues else None
        raise InvalidOutput(
            f"The output “{title}” is not an image that can be used: "
            f"{issue.message if issue else 'it holds more than one image.'}",
            advice=issue.advice if issue else "Write exactly one image.",
        )
    output.image = store_image(report.images[0], pk=output.incoming.pk)
    output.image.image.name = title
    output.content = output.image.files[0].sha256


def _suffix(incoming: IncomingOutput, socket: Socket) -> str:
    """The name is a stranger's; only an ending that says how to read an image is used."""
    suffix = Path(incoming.filename).suffix.lower()
    return suffix if socket.super_kind is SuperKind.IMAGE and suffix in _IMAGE_SUFFIXES else ""
