"""What the viewer holds of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from viewer.models import Annotation, ViewSession


def opened_views(user: User) -> Iterator[Row]:
    """Yield what the person looked at, and when."""
    rows = ViewSession.objects.filter(user=user).order_by("created")
    yield from rows.values("source", "object_id", "state", "created").iterator()


def forget_views(user: User) -> None:
    """Remove what the person looked at; the audit log keeps what it must."""
    ViewSession.objects.filter(user=user).delete()


def drawn_annotations(user: User) -> Iterator[Row]:
    """Yield what the person drew, as it stands; the voxels of masks are had from the viewer."""
    rows = Annotation.objects.filter(author=user).order_by("created")
    for annotation in rows.iterator(chunk_size=500):
        yield {
            "id": annotation.pk,
            "source": annotation.source,
            "object_id": annotation.object_id,
            "image": annotation.image_id,
            "kind": annotation.kind,
            "label": annotation.label,
            "value": annotation.value,
            "version": annotation.version,
            "deleted": annotation.deleted,
            "created": annotation.created,
            "modified": annotation.modified,
        }
