"""The archive item: one case."""

from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.images.models import Image
from app.sockets.models import SocketValue
from archives.models.archive import Archive


class ArchiveItem(UUIDModel, TimestampedModel):
    """One case: a set of socket values with a title."""

    archive = models.ForeignKey(Archive, on_delete=models.CASCADE, related_name="items")
    title = models.CharField(max_length=200)
    values = models.ManyToManyField(SocketValue, related_name="archive_items")

    class Meta:
        ordering = ("title", "created")
        constraints = [
            models.UniqueConstraint(
                fields=("archive", "title"), name="archive_item_title_unique_in_archive"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def images(self) -> list[Image]:
        """The images among the values, in the order of their sockets."""
        return [value.image for value in self.values.all() if value.image is not None]
