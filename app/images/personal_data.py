"""What imports hold of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from app.images.models import Image, ImportFile


def imported_files(user: User) -> Iterator[Row]:
    """Yield every file that the person brought in, and what became of it."""
    rows = ImportFile.objects.filter(source__owner=user).order_by("source__created", "path")
    fields = ("source_id", "source__created", "path", "outcome", "message", "image_id")
    yield from rows.values(*fields).iterator()


def imported_images(user: User) -> Iterator[Row]:
    """Yield the images made of the person's files; the portal's pages have the files."""
    rows = Image.objects.filter(source__owner=user).order_by("created")
    yield from rows.values("id", "name", "modality", "size", "spacing", "created").iterator()
