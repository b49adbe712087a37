"""Making, changing and deleting archives."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from app.accounts.models import User
from app.accounts.services import make_owned
from app.audit.services import change, record
from app.core.errors import Conflict
from app.core.ids import new_id
from app.core.slugs import free_slug
from app.images import services as images
from archives.models import Archive
from archives.policies import ARCHIVES


@transaction.atomic
def create_archive(
    *,
    actor: User,
    title: str,
    description: str = "",
    public: bool = False,
    slug: str = "",
    pk: UUID | None = None,
    **rest: object,
) -> Archive:
    """Make an archive; whoever makes it is its editor."""
    archive = Archive(
        pk=pk or new_id(),
        title=title,
        slug=slug or free_slug(Archive, title, fallback="archive"),
        description=description,
        public=public,
        **rest,
    )
    make_owned(ARCHIVES, actor=actor, obj=archive)
    record("archives.archive.created", obj=archive, actor=actor, data={"title": title})
    return archive


def update_archive(*, actor: User, archive: Archive, **changes: object) -> Archive:
    """Change an archive's title, description, publicity or ways in."""
    return change("archives.archive.changed", obj=archive, actor=actor, **changes)


@transaction.atomic
def change_deidentification(
    *,
    actor: User,
    archive: Archive,
    options: Iterable[str],
    keep_instances: bool,
    renew_secret: bool = False,
) -> None:
    """Choose what DICOM files keep on their way into an archive from now on."""
    changed = images.change_deidentification(
        scope="archive",
        scope_id=archive.pk,
        options=options,
        keep_instances=keep_instances,
        renew_secret=renew_secret,
    )
    data = {"before": changed.before, "after": changed.after}
    record("archives.archive.deidentification_changed", obj=archive, actor=actor, data=data)


@transaction.atomic
def delete_archive(*, actor: User, archive: Archive) -> None:
    """Delete an archive, its items and what waits for review; images used elsewhere stay.

    Its secret goes too, so that nobody can make its pseudonyms again.
    """
    record("archives.archive.deleted", obj=archive, actor=actor, data={"title": archive.title})
    images.discard_waiting(actor=actor, scope="archive", scope_id=archive.pk)
    images.forget_deidentification("archive", archive.pk)
    try:
        archive.delete()
    except ProtectedError:
        raise Conflict(
            "This archive is in use: a challenge tests algorithms on its cases.",
            advice="Its cases can be taken out only as long as nothing was evaluated on them.",
        ) from None
