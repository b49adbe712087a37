"""Reading archives."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet
from django.urls import reverse

from app.core.access import fetch
from app.core.errors import NotFound
from app.images.models import Image, Quarantine
from app.images.registry import Destination
from app.images.selectors import waiting_for
from app.images.uses import SHOWN, Use
from archives.models import Archive, ArchiveItem
from archives.policies import ARCHIVES


def archives_for(user: Any) -> QuerySet[Archive]:
    """Return the archives that ``user`` may view, with the number of cases."""
    return ARCHIVES.visible_to(user).annotate(case_count=Count("items", distinct=True))


def get_archive_for(user: Any, pk: UUID | str, *, action: str = "view") -> Archive:
    """Return the archive if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(ARCHIVES, user=user, pk=pk, action=action)


def get_item_for(user: Any, pk: UUID | str, *, action: str = "view") -> ArchiveItem:
    """Return the item if ``user`` may do ``action`` with its archive, else raise `NotFound`."""
    item = (
        ArchiveItem.objects.filter(pk=pk, archive__in=ARCHIVES.visible_to(user))
        .select_related("archive__hanging_protocol")
        .prefetch_related("values__socket", "values__image")
        .first()
    )
    if item is None or not ARCHIVES.allows(user, item.archive, action):
        raise NotFound
    return item


def items_of(archive: Archive) -> QuerySet[ArchiveItem]:
    """Return an archive's items with everything that a list of them shows."""
    found = archive.items.annotate(waiting=waiting_for("archive-item", OuterRef("pk")))
    return found.prefetch_related("values__socket", "values__image__files")


def items_for(user: Any) -> QuerySet[ArchiveItem]:
    """Return the items of all archives that ``user`` may view."""
    return (
        ArchiveItem.objects.filter(archive__in=ARCHIVES.visible_to(user))
        .select_related("archive__hanging_protocol")
        .prefetch_related("values__socket", "archive__optional_hanging_protocols")
    )


def value_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of socket values that ``user`` sees through archives."""
    items = ArchiveItem.objects.filter(archive__in=ARCHIVES.visible_to(user))
    return items.exclude(values=None).order_by().values("values")


def image_ids_visible_to(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` sees through archives."""
    return (
        ArchiveItem.objects.filter(
            archive__in=ARCHIVES.visible_to(user), values__image__isnull=False
        )
        .order_by()
        .values("values__image")
    )


def uses_of_image(user: Any, image_id: UUID) -> list[Use]:
    """Return the items with an image in the archives that ``user`` may view."""
    items = items_for(user).filter(values__image=image_id).distinct().prefetch_related(None)
    return [
        Use(
            kind="Archive",
            title=item.title,
            url=reverse("archives:detail", args=[item.archive_id]),
            part_of=item.archive.title,
            part_of_url=reverse("archives:detail", args=[item.archive_id]),
            area="Archives",
            area_url=reverse("archives:list"),
        )
        for item in items[:SHOWN]
    ]


def managed_archive(user: Any, pk: str) -> Archive:
    """Return the archive if ``user`` manages its people, else raise `NotFound`."""
    return get_archive_for(user, pk, action="manage")


def parts_of(archive: Archive) -> list[QuerySet[Any]]:
    """Return what an archive's history tells of besides itself."""
    return [archive.items.all(), Quarantine.objects.of("archive", archive.pk)]


def image_history_door(user: Any, pk: str) -> Image:
    """Return the image if ``user`` manages an archive that holds it, else raise `NotFound`."""
    managed = ARCHIVES.held_by(user, "manage")
    held = ArchiveItem.objects.filter(archive__in=managed, values__image=pk)
    try:
        image = Image.objects.filter(pk=pk).first() if held.exists() else None
    except ValidationError:
        image = None
    if image is None:
        raise NotFound
    return image


def reviewed_archive(user: Any, pk: UUID) -> Destination:
    """Name the archive if ``user`` reviews its images, else raise `NotFound`."""
    archive = get_archive_for(user, pk, action="change")
    return Destination(title=archive.title, url=f"/archives/{archive.pk}/")


def archive_of_item(pk: UUID) -> UUID | None:
    """Return the archive that an item belongs to."""
    return ArchiveItem.objects.filter(pk=pk).values_list("archive", flat=True).first()
