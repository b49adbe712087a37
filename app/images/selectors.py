"""Reading images and imports."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Func, OuterRef, Prefetch, QuerySet, Subquery

from app.core.access import fetch
from app.core.errors import NotFound
from app.delivery.registry import ServedFile
from app.images.models import (
    DeidentificationSettings,
    Image,
    ImageFile,
    Import,
    ImportFile,
    ImportImage,
    Instance,
    Quarantine,
)
from app.images.policies import IMAGES, IMPORTS, QUARANTINE
from app.images.registry import takes_more, waits_no_longer
from app.images.visibility import Ways
from app.uploads.models import UserUpload

_WAYS = Ways()

CONTENT_TYPES = {
    ImageFile.Kind.MHA: "application/octet-stream",
    ImageFile.Kind.TIFF: "image/tiff",
    ImageFile.Kind.SLICES: "application/octet-stream",
    ImageFile.Kind.THUMBNAIL: "image/png",
    ImageFile.Kind.PREVIEW: "image/png",
}


def images_for(user: Any) -> QuerySet[Image]:
    """Return the images that ``user`` may view, with their ``stored_files``.

    ``some_instance`` holds one of each image's DICOM instances, if any were kept: asked for the
    images of a page, not for all that are visible.
    """
    one_each = Instance.objects.order_by("image_id", "pk").distinct("image_id").only("pk", "image")
    kept = Prefetch("instances", queryset=one_each, to_attr="some_instance")
    files = Prefetch("files", to_attr="known_files")
    return IMAGES.visible_to(user).prefetch_related(files, kept)


def imports_for(user: Any) -> QuerySet[Import]:
    """Return the imports that ``user`` may look at."""
    return IMPORTS.visible_to(user).prefetch_related("uploads", "images", "quarantined")


def imports_of(user: Any) -> QuerySet[Import]:
    """Return the user's own imports with the number of their images, ``image_count``."""
    return IMPORTS.visible_to(user).filter(owner=user).annotate(image_count=Count("images"))


def get_image_for(user: Any, pk: UUID | str, *, action: str = "view") -> Image:
    """Return the image if ``user`` may see it through any use, else raise `NotFound`."""
    return fetch(IMAGES, user=user, pk=pk, action=action)


def sees_still(user: Any, image_id: UUID) -> bool:
    """Tell whether `get_image_for` would give the image: cheaper for who asks again and again."""
    images = Image.objects.filter(pk=image_id)
    if not user.is_authenticated or user.is_superuser:
        return user.is_authenticated and images.exists()
    for provider, condition in _WAYS.of(user, image_id):
        if images.filter(condition).exists():
            _WAYS.note(user, image_id, provider)
            return True
    return False


def get_import_for(user: Any, pk: UUID | str, *, action: str = "view") -> Import:
    """Return the import if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(IMPORTS, user=user, pk=pk, action=action)


def imported_by(user: Any) -> QuerySet[Any, Any]:
    """Return the ids of images that ``user`` imported and that lie nowhere yet.

    From there on an image is seen where it lies: who leaves an archive leaves its images.
    """
    own = Image.objects.filter(source__owner=user, socket_values=None)
    return own.order_by().values("pk")


def free_images_of(user: Any) -> QuerySet[Any, Any]:
    """Return those ids of `imported_by` that ``user`` may place elsewhere.

    While an import is under way its images can be looked at; were they used already, cancelling
    could not take them back.
    """
    on_their_way = ImportImage.objects.filter(image_pk=OuterRef("pk"), delivered_at=None)
    return imported_by(user).filter(~Exists(on_their_way))


def can_retry(source: Import) -> bool:
    """Tell whether there are files to try again, and a destination that still wants them."""
    if not source.is_finished or source.state == Import.State.SUCCEEDED:
        return False
    welcome = takes_more(source.destination)
    if source.state != Import.State.PARTIAL:
        welcome = welcome or not waits_no_longer(source.destination)
    return welcome and _has_open_ends(source)


def _has_open_ends(source: Import) -> bool:
    """Tell whether files did not become images and their uploads are still there."""
    open_ends = [ImportFile.Outcome.FAILED, ImportFile.Outcome.WAITING]
    if source.files.filter(outcome__in=open_ends, upload__isnull=False).exists():
        return True
    return source.attempts == 0 and source.uploads.exists()


def uploads_in_use() -> QuerySet[UserUpload]:
    """Return the uploads that imports still need."""
    return UserUpload.objects.filter(imports__state__in=Import.ACTIVE)


def served_image_file(user: Any, pk: UUID) -> ServedFile:
    """Return the image file if ``user`` may download its image, else raise `NotFound`."""
    file = ImageFile.objects.filter(pk=pk).select_related("image").first()
    if file is None:
        raise NotFound
    image = get_image_for(user, file.image_id, action="download")
    ending = file.key.rsplit(".", 1)[-1]
    return ServedFile(
        key=file.key,
        filename=f"{image.pk}.{ending}",
        content_type=CONTENT_TYPES[ImageFile.Kind(file.kind)],
        size=file.size,
        audit_name="images.file.downloaded",
        audit_object=image,
    )


def quarantine_for(user: Any) -> QuerySet[Quarantine]:
    """Return what waits for ``user``'s review, with what a list of it shows."""
    waiting = QUARANTINE.visible_to(user).select_related("image", "source__owner")
    return waiting.prefetch_related("image__files")


def get_quarantine_for(user: Any, pk: UUID | str, *, action: str = "view") -> Quarantine:
    """Return what waits if ``user`` may review it, else raise `NotFound`."""
    found = fetch(QUARANTINE, user=user, pk=pk, action=action)
    return Quarantine.objects.select_related("image", "source").get(pk=found.pk)


def waiting_in(scope: str, scope_id: UUID) -> int:
    """Return how many images wait in a place; ask before telling whether the reader may know."""
    return Quarantine.objects.of(scope, scope_id).open().count()


def waiting_for(destination: str, pk: OuterRef) -> Subquery:
    """Return an expression that counts what waits on its way to a destination, for lists."""
    waiting = Quarantine.objects.open().filter(
        source__destination=destination, source__destination_id=pk
    )
    counted = waiting.order_by().annotate(count=Func("pk", function="COUNT")).values("count")
    return Subquery(counted)


def deidentification_options(scope: str, scope_id: UUID) -> list[str]:
    """Return what files may keep on their way into a place: without settings, the least."""
    found = DeidentificationSettings.objects.filter(scope=scope, scope_id=scope_id)
    return list(found.values_list("options", flat=True).first() or [])
