"""From collected outputs to socket values."""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.core.ids import new_id
from app.core.storage import get_store
from app.execution.contract import CollectedOutput
from app.images.conversion import Limits
from app.images.conversion.child import run_conversion
from app.images.services import StoredImage, discard_stored, publish_image, store_image
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import SuperKind
from app.sockets.services import file_value, image_value, json_value


class InvalidOutput(Exception):
    """An output that its socket cannot take; message and advice are for the author."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


@dataclass
class StoredOutput:
    """An output whose bytes are in storage and whose rows are not in the database yet."""

    socket: Socket
    output: CollectedOutput
    image: StoredImage | None = None
    key: str = ""


def store_outputs(outputs: Iterable[CollectedOutput]) -> list[StoredOutput]:
    """Check images with the converter and put everything into storage."""
    sockets = {socket.slug: socket for socket in Socket.objects.all()}
    stored: list[StoredOutput] = []
    try:
        for output in outputs:
            stored.append(_store(output, sockets[output.slug]))
    except BaseException:
        discard_outputs(stored)
        raise
    return stored


def discard_outputs(stored: Iterable[StoredOutput]) -> None:
    """Remove the bytes of outputs that were not published."""
    for found in stored:
        if found.image is not None:
            discard_stored([found.image])
        elif found.key:
            get_store().delete(found.key)


def publish_outputs(stored: Iterable[StoredOutput]) -> list[SocketValue]:
    """Make the socket values, in the transaction under way."""
    values = []
    for found in stored:
        if found.image is not None:
            value = image_value(socket=found.socket, image=publish_image(found.image))
        elif found.key:
            value = file_value(
                socket=found.socket,
                file_key=found.key,
                file_size=found.output.size,
                sha256=found.output.sha256,
            )
        else:
            value = json_value(socket=found.socket, value=found.output.value)
        values.append(value)
    return values


def _store(output: CollectedOutput, socket: Socket) -> StoredOutput:
    if socket.super_kind is SuperKind.IMAGE:
        return StoredOutput(socket, output, image=_store_image(output, socket))
    if socket.super_kind is SuperKind.FILE:
        key = f"values/{new_id()}{socket.socket_kind.extension}"
        get_store().put_file(output.path, key=key)
        return StoredOutput(socket, output, key=key)
    return StoredOutput(socket, output)


def _store_image(output: CollectedOutput, socket: Socket) -> StoredImage:
    with tempfile.TemporaryDirectory(prefix="hounsfield-output-") as scratch:
        source, target = Path(scratch) / "in", Path(scratch) / "out"
        source.mkdir()
        shutil.copyfile(output.path, source / f"output{output.path.suffix}")
        report = run_conversion(source, target, limits=Limits())
        if len(report.images) != 1:
            issue = report.issues[0] if report.issues else None
            raise InvalidOutput(
                f"The output “{socket.title}” is not an image that can be used: "
                f"{issue.message if issue else 'it holds more than one image.'}",
                advice=issue.advice if issue else "Write exactly one image.",
            )
        stored = store_image(report.images[0])
    stored.image.name = socket.title
    return stored
