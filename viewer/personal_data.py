"""What the viewer holds of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from viewer.models import (
    Annotation,
    HangingProtocol,
    RememberedLayout,
    ViewerConfiguration,
    ViewerPreferences,
    ViewSession,
)


def opened_views(user: User) -> Iterator[Row]:
    """Yield what the person looked at, and when."""
    rows = ViewSession.objects.filter(user=user).order_by("created")
    yield from rows.values("source", "object_id", "state", "created").iterator()


def forget_views(user: User) -> None:
    """Remove what the person looked at; the audit log keeps what it must."""
    ViewSession.objects.filter(user=user).delete()


def made_protocols(user: User) -> Iterator[Row]:
    """Yield the hanging protocols and viewer configurations that the person made."""
    protocols = HangingProtocol.objects.filter(creator=user)
    for row in protocols.values("title", "description", "json", "created").iterator():
        yield {"kind": "hanging protocol", **row}
    configurations = ViewerConfiguration.objects.filter(creator=user)
    for made in configurations.values("title", "description", "settings", "created").iterator():
        yield {"kind": "viewer configuration", **made}


def viewer_habits(user: User) -> Iterator[Row]:
    """Yield the person's own settings of the viewer, and how they left their screens."""
    for preferences in ViewerPreferences.objects.filter(user=user):
        yield {"kind": "settings", "value": preferences.settings}
    layouts = RememberedLayout.objects.filter(user=user).order_by("created")
    for row in layouts.values("object_id", "layout", "modified").iterator():
        yield {"kind": "layout", **row}


def forget_habits(user: User) -> None:
    """Remove the person's own settings and layouts."""
    ViewerPreferences.objects.filter(user=user).delete()
    RememberedLayout.objects.filter(user=user).delete()


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
