"""Values as programs give them: plain JSON, an upload, or an image that is there already."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from app.accounts.models import User
from app.core.errors import Conflict, ValidationFailed
from app.core.ids import new_id
from app.core.scratch import scratch_folder
from app.core.storage import get_store
from app.images.models import Image, Import
from app.images.services import start_import
from app.sockets.models import Socket, SocketValue
from app.sockets.schemas import SuperKind
from app.sockets.services.values import check_stored_file, file_value, image_value, json_value
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload, discard_upload, fetch_upload

NAMED_SETS = "DCIS"
"""The kind whose uploads are named by their sender and kept as they came."""


@dataclass(frozen=True)
class GivenValue:
    """One value for one socket, from exactly one source; seed files also choose its key."""

    socket: Socket
    value: Any = None
    image: Image | None = None
    upload: UserUpload | None = None
    uploads: Sequence[UserUpload] = field(default_factory=tuple)
    image_name: str = ""
    pk: int | None = None


@dataclass(frozen=True)
class Destination:
    """Where images that still have to be imported will go: a registered key and an object."""

    key: str
    pk: UUID


def take_values(
    *, actor: User, given: Iterable[GivenValue], destination: Destination
) -> list[SocketValue]:
    """Make the values; images that were uploaded follow when their imports are done.

    Call it in the transaction that also puts the values where they belong. Raises
    `ValidationFailed` when a socket does not take what is given.
    """
    chosen = list(given)
    slugs = [value.socket.slug for value in chosen]
    if len(slugs) != len(set(slugs)):
        raise ValidationFailed(fields={"values": ["Give each socket one value."]})
    made = [_take(actor=actor, given=value, destination=destination) for value in chosen]
    return [value for value in made if value is not None]


def pending(given: Iterable[GivenValue]) -> set[str]:
    """Return the slugs of the sockets whose images have to be imported first."""
    return {value.socket.slug for value in given if value.uploads}


def put_values(holder: Any, values: Iterable[SocketValue]) -> None:
    """Put values into ``holder.values``; each replaces the one that its socket held."""
    for value in values:
        holder.values.remove(*holder.values.filter(socket=value.socket_id).exclude(pk=value.pk))
        holder.values.add(value)


def imported_value(source: Import, images: Sequence[Image]) -> SocketValue:
    """Return the value that an import was started for; it must have brought one image."""
    socket = Socket.objects.get(slug=source.details["socket"])
    if len(images) != 1:
        raise Conflict(f"The files make {len(images)} images; “{socket.title}” takes one.")
    name = source.details.get("name")
    if name:
        images[0].name = name[:200]
        images[0].save(update_fields=["name", "modified"])
    return image_value(socket=socket, image=images[0])


def _take(*, actor: User, given: GivenValue, destination: Destination) -> SocketValue | None:
    kind = given.socket.super_kind
    if kind is SuperKind.VALUE and given.value is not None:
        return json_value(socket=given.socket, value=given.value, pk=given.pk)
    if kind is SuperKind.FILE and given.upload is not None:
        return _stored(given.socket, given.upload, pk=given.pk)
    if kind is SuperKind.IMAGE and given.image is not None:
        return image_value(socket=given.socket, image=given.image, pk=given.pk)
    uploads = given.uploads or ([given.upload] if given.upload else [])
    if kind is not SuperKind.IMAGE or not uploads:
        wanted = {
            SuperKind.VALUE: "a value",
            SuperKind.FILE: "one upload (user_upload)",
            SuperKind.IMAGE: "uploads (user_uploads) or an image",
        }
        raise ValidationFailed(
            fields={given.socket.slug: [f"“{given.socket.title}” takes {wanted[kind]}."]}
        )
    _import(actor=actor, given=given, uploads=uploads, destination=destination)
    return None


def _stored(socket: Socket, upload: UserUpload, *, pk: int | None) -> SocketValue:
    if upload.size > socket.largest_file:
        check = f"A {socket.socket_kind.label} has at most {socket.largest_file // 2**20} MiB."
        raise ValidationFailed(fields={socket.slug: [check]})
    key = f"values/{new_id()}{socket.extension}"
    with scratch_folder("value") as folder:
        path = folder / "file"
        fetch_upload(upload, path=path)
        check_stored_file(path, socket=socket)
        clean_file = socket.socket_kind.clean_file
        if clean_file is not None:
            clean = path.with_name("clean")
            clean_file(path, clean)
            return _stored_clean(clean, socket=socket, upload=upload, key=key, pk=pk)
    sha256 = upload.sha256
    stored = consume_upload(upload, to=key)
    return file_value(socket=socket, file_key=key, file_size=stored.size, sha256=sha256, pk=pk)


def _stored_clean(
    clean: Path, *, socket: Socket, upload: UserUpload, key: str, pk: int | None
) -> SocketValue:
    """Keep a copy without what the file says beside its content, instead of the upload."""
    get_store().put_file(clean, key=key)
    discard_upload(upload)
    with clean.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = clean.stat().st_size
    return file_value(socket=socket, file_key=key, file_size=size, sha256=sha256, pk=pk)


def _import(
    *, actor: User, given: GivenValue, uploads: Sequence[UserUpload], destination: Destination
) -> None:
    named = given.socket.kind == NAMED_SETS
    if named and not given.image_name:
        raise ValidationFailed(fields={given.socket.slug: ["Give the set a name (image_name)."]})
    start_import(
        owner=actor,
        destination=destination.key,
        destination_id=destination.pk,
        uploads=uploads,
        details={"socket": given.socket.slug, "name": given.image_name, "keep_instances": named},
    )
