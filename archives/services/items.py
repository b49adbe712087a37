"""Adding and deleting archive items."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict
from app.core.ids import new_id
from app.images.models import Image, Import
from app.images.registry import Destination as ImportDestination
from app.sockets.models import SocketValue
from app.sockets.selectors import medical_image_socket
from app.sockets.services import (
    Destination,
    GivenValue,
    image_value,
    imported_value,
    put_values,
    take_values,
)
from archives.models import Archive, ArchiveItem
from archives.selectors import get_archive_for, get_item_for

ITEM = "archive-item"


@transaction.atomic
def add_item(
    *,
    actor: User,
    archive: Archive,
    title: str,
    values: Iterable[SocketValue],
    pk: UUID | None = None,
) -> ArchiveItem:
    """Add a case; a title that is taken gets a number. Additions to one archive take turns."""
    Archive.objects.select_for_update().get(pk=archive.pk)
    item = ArchiveItem.objects.create(
        pk=pk or new_id(), archive=archive, title=_free_title(archive, title)
    )
    item.values.set(list(values))
    record("archives.item.added", obj=item, actor=actor, data={"archive": str(archive.pk)})
    return item


@transaction.atomic
def change_item(
    *,
    actor: User,
    item: ArchiveItem,
    title: str | None = None,
    given: Iterable[GivenValue] | None = None,
    replace_all: bool = False,
) -> ArchiveItem:
    """Change a case's title and values: each socket given is replaced, the others stay.

    With ``replace_all`` the sockets that are not given are emptied. Images that were uploaded
    follow when they are imported.
    """
    ArchiveItem.objects.select_for_update().get(pk=item.pk)
    before = item.title
    if title is not None and title.strip() and title.strip() != item.title:
        item.title = title.strip()
        item.full_clean()
        item.save()
    chosen = list(given or ())
    values = take_values(actor=actor, given=chosen, destination=Destination(ITEM, item.pk))
    if replace_all:
        kept = [value.socket.pk for value in chosen]
        item.values.remove(*item.values.exclude(socket__in=kept))
    put_values(item, values)
    sockets = sorted(value.socket.slug for value in chosen)
    data: dict[str, object] = {"archive": str(item.archive_id), "sockets": sockets}
    if item.title != before:
        data |= {"before": {"title": before}, "after": {"title": item.title}}
    record("archives.item.changed", obj=item, actor=actor, data=data)
    return item


@transaction.atomic
def delete_item(*, actor: User, item: ArchiveItem) -> None:
    """Take a case out of its archive; its images stay where else they are used."""
    data = {"item": str(item.pk), "title": item.title}
    record("archives.item.deleted", obj=item.archive, actor=actor, data=data)
    try:
        item.delete()
    except ProtectedError:
        raise Conflict(
            "Algorithms were evaluated on this case, so it stays in the archive.",
            advice="Results of a challenge must remain explainable.",
        ) from None


def add_imported_images(source: Import, images: list[Image]) -> None:
    """Add one item per imported image to the archive that the import names."""
    pk = source.destination_id
    archive = Archive.objects.filter(pk=pk).first() if pk else None
    if archive is None:
        raise Conflict("The archive was deleted while the files were being imported.")
    socket = medical_image_socket()
    for image in images:
        value = image_value(socket=socket, image=image)
        add_item(actor=source.owner, archive=archive, title=image.name, values=[value])


def receive_item_image(source: Import, images: list[Image]) -> None:
    """Put an imported image into the case that it was given for."""
    pk = source.destination_id
    item = ArchiveItem.objects.select_for_update().filter(pk=pk).first() if pk else None
    if item is None:
        raise Conflict("The case was deleted while its files were being imported.")
    put_values(item, [imported_value(source, images)])


def describe_item(user: User, pk: UUID) -> ImportDestination:
    """Name the case an import goes to, if ``user`` may change it; else `NotFound`."""
    item = get_item_for(user, pk, action="upload")
    return ImportDestination(title=item.title, url=f"/archives/{item.archive_id}/")


def describe_destination(user: User, pk: UUID) -> ImportDestination:
    """Name the archive an import goes to, if ``user`` may add to it; else `NotFound`."""
    archive = get_archive_for(user, pk, action="upload")
    return ImportDestination(title=archive.title, url=f"/archives/{archive.pk}/")


def _free_title(archive: Archive, wanted: str) -> str:
    wanted = wanted.strip()[:190] or "Case"
    taken = set(
        ArchiveItem.objects.filter(archive=archive, title__startswith=wanted).values_list(
            "title", flat=True
        )
    )
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted} ({number})" in taken:
        number += 1
    return f"{wanted} ({number})"
