"""What archives hold of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from archives.models import Archive, ArchiveMember


def edited_archives(user: User) -> Iterator[Row]:
    """Yield the archives that the person edits, as they describe them."""
    found = Archive.objects.filter(
        memberships__user=user, memberships__role=ArchiveMember.Role.EDITOR
    )
    yield from found.values("id", "title", "description", "public", "created").iterator()
