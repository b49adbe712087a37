"""Images of a seed file, made by the importer, and the values that sockets get."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from app.accounts.models import User
from app.core.errors import Conflict, NotFound
from app.core.ids import new_id
from app.images.models import Image, Import
from app.images.registry import Destination
from app.images.services import run_import, start_import
from app.sockets.models import Socket, SocketValue
from app.sockets.services import GivenValue
from app.web.seeding.document import ImageEntry, Value
from app.web.seeding.places import digest_of, digest_of_all, file_below, files_below
from app.web.seeding.run import Refused, Run

DESTINATION = "seed"
IMAGE_SETS = "DCIS"
_under_way: ContextVar[bool] = ContextVar("a seed file is being followed", default=False)


@contextmanager
def imports_allowed() -> Iterator[None]:
    """Let imports go to the seed file's images while the block runs."""
    token = _under_way.set(True)
    try:
        yield
    finally:
        _under_way.reset(token)


def describe_run(user: User, pk: UUID) -> Destination:
    """Name the run to itself; nobody else can import to it."""
    if not _under_way.get():
        raise NotFound
    return Destination(title="the portal", url="/")


def receive_image(source: Import, images: list[Image]) -> None:
    """Take the one image that an entry describes; values refer to it afterwards."""
    if len(images) != 1:
        raise Conflict(f"The files make {len(images)} images; give each image an entry of its own.")
    name = source.details.get("name")
    if name:
        images[0].name = name
        images[0].save(update_fields=["name", "modified"])


def seed_image(run: Run, entry: ImageEntry, path: str) -> None:
    """Import an image unless these files were imported before."""
    owner = run.get("user", entry.owner, path=f"{path}.owner")
    image, made = _image_of(
        run,
        entry.files,
        owner=owner,
        path=path,
        pk=entry.pk,
        name=entry.name or "",
        keep_instances=entry.keep_instances,
    )
    if entry.name is not None and image.name != entry.name:
        raise Refused(f"{path}.name", f"The image is there as “{image.name}”; images stay.")
    run.settle(None if made else image, path=path, kind="image", name=entry.id, make=lambda: image)
    run.know("image", [entry.id], image)


def changed_values(
    run: Run, holder: Any, entries: Mapping[str, Value], *, owner: User, path: str
) -> list[GivenValue]:
    """Return those of the values that ``holder`` does not have yet; images are imported."""
    held = {value.socket.slug: value for value in holder.values.select_related("socket")}
    given = []
    for slug, entry in entries.items():
        place = f"{path}.values.{slug}"
        socket = run.get("socket", slug, path=place)
        current = held.get(socket.slug)
        image = _image_for(run, entry, socket, owner=owner, path=place)
        if current is not None and _same(run, current, entry, image):
            _check_key(current, entry, place)
            continue
        if entry.pk is not None and SocketValue.objects.filter(pk=entry.pk).exists():
            known = SocketValue.objects.filter(pk=entry.pk, socket=socket, image=image)
            if image is None or not known.exists():
                raise Refused(f"{place}.pk", "Another value has this key.")
        upload = run.adopt(owner, entry.file) if entry.file is not None else None
        given.append(
            GivenValue(socket=socket, value=entry.value, image=image, upload=upload, pk=entry.pk)
        )
    return given


def track_files(run: Run, holder: Any) -> None:
    """Remember the files of values, for the case that all is taken back."""
    for value in holder.values.exclude(file_key=""):
        run.stored.append(value.file_key)


def _image_for(run: Run, entry: Value, socket: Socket, *, owner: User, path: str) -> Image | None:
    if entry.image is not None:
        image: Image = run.get("image", entry.image, path=f"{path}.image")
        return image
    if entry.files is None:
        return None
    keep = socket.kind == IMAGE_SETS
    return _image_of(run, entry.files, owner=owner, path=path, keep_instances=keep)[0]


def _same(run: Run, current: SocketValue, entry: Value, image: Image | None) -> bool:
    if image is not None:
        return current.image_id == image.pk
    if entry.file is not None:
        return current.sha256 == digest_of(file_below(run.folder, entry.file))
    return current.has_value and _canonical(current.value) == _canonical(entry.value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _check_key(current: SocketValue, entry: Value, path: str) -> None:
    if entry.pk is not None and current.pk != entry.pk:
        raise Refused(f"{path}.pk", f"The value is there with the key {current.pk}.")


def _image_of(
    run: Run,
    files: list[str],
    *,
    owner: User,
    path: str,
    pk: UUID | None = None,
    name: str = "",
    keep_instances: bool = False,
) -> tuple[Image, bool]:
    paths = files_below(run.folder, files)
    digest = digest_of_all(paths)
    known = Image.objects.filter(source__destination=DESTINATION, source__details__digest=digest)
    if pk is not None:
        found = Image.objects.filter(pk=pk).first()
        if found is not None and not known.filter(pk=pk).exists():
            raise Refused(f"{path}.files", "The image is there from other files; images stay.")
    else:
        found = known.order_by("created").first()
    if found is not None:
        return found, False
    source = start_import(
        owner=owner,
        destination=DESTINATION,
        destination_id=new_id(),
        uploads=[run.adopt_path(owner, one) for one in paths],
        details={
            "digest": digest,
            "name": name,
            "image_pk": str(pk) if pk else "",
            "keep_instances": keep_instances,
        },
    )
    run_import(source.pk)
    source.refresh_from_db()
    image = source.images.first()
    if image is None:
        raise Refused(f"{path}.files", _why_not(source))
    run.stored += image.files.values_list("key", flat=True)
    run.stored += image.instances.values_list("key", flat=True)
    return image, True


def _why_not(source: Import) -> str:
    row = source.files.exclude(message="").first()
    reason = f" {row.path}: {row.message}" if row is not None else ""
    return f"The files could not be imported. {source.message}{reason}"
