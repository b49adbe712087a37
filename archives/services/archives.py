"""Making, changing and deleting archives."""

from django.db import transaction

from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.services import record
from archives.models import Archive, ArchiveMember
from archives.policies import ARCHIVES


@transaction.atomic
def create_archive(
    *, actor: User, title: str, description: str = "", public: bool = False
) -> Archive:
    """Make an archive; whoever makes it is its editor."""
    archive = Archive(title=title, description=description, public=public)
    archive.full_clean()
    archive.save()
    grant_role(ARCHIVES, actor=actor, obj=archive, user=actor, role=ArchiveMember.Role.EDITOR)
    record("archives.archive.created", obj=archive, actor=actor, data={"title": title})
    return archive


@transaction.atomic
def update_archive(*, actor: User, archive: Archive, **changes: object) -> Archive:
    """Change an archive's title, description or publicity."""
    before = {name: getattr(archive, name) for name in changes}
    for name, value in changes.items():
        setattr(archive, name, value)
    archive.full_clean()
    archive.save()
    record(
        "archives.archive.changed",
        obj=archive,
        actor=actor,
        data={"before": before, "after": changes},
    )
    return archive


@transaction.atomic
def delete_archive(*, actor: User, archive: Archive) -> None:
    """Delete an archive and its items; images used elsewhere stay."""
    record("archives.archive.deleted", obj=archive, actor=actor, data={"title": archive.title})
    archive.delete()
