"""Adding and deleting archive items."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import Conflict
from app.images.models import Image, Import
from app.images.registry import Destination
from app.sockets.models import SocketValue
from app.sockets.selectors import medical_image_socket
from app.sockets.services import image_value
from archives.models import Archive, ArchiveItem
from archives.selectors import get_archive_for


@transaction.atomic
def add_item(
    *, actor: User, archive: Archive, title: str, values: Iterable[SocketValue]
) -> ArchiveItem:
    """Add a case; a title that is taken gets a number."""
    item = ArchiveItem.objects.create(archive=archive, title=_free_title(archive, title))
    item.values.set(list(values))
    record("archives.item.added", obj=item, actor=actor, data={"archive": str(archive.pk)})
    return item


@transaction.atomic
def delete_item(*, actor: User, item: ArchiveItem) -> None:
    """Take a case out of its archive; its images stay where else they are used."""
    record("archives.item.deleted", obj=item, actor=actor, data={"title": item.title})
    item.delete()


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


def describe_destination(user: User, pk: UUID) -> Destination:
    """Name the archive an import goes to, if ``user`` may add to it; else `NotFound`."""
    archive = get_archive_for(user, pk, action="upload")
    return Destination(title=archive.title, url=f"/archives/{archive.pk}/")


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
