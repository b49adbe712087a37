"""The display set: what a reader looks at together."""

from django.db import models

from app.core.models import TimestampedModel, UUIDModel
from app.sockets.models import SocketValue
from reader_studies.models.reader_study import ReaderStudy


class DisplaySet(UUIDModel, TimestampedModel):
    """A set of socket values shown to readers as one case.

    ``last_version`` is the highest version of the answers about it that were taken away.
    """

    study = models.ForeignKey(ReaderStudy, on_delete=models.CASCADE, related_name="display_sets")
    title = models.CharField(max_length=200)
    order = models.PositiveIntegerField(default=0)
    values = models.ManyToManyField(SocketValue, related_name="display_sets")
    last_version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("order", "created")

    def __str__(self) -> str:
        return self.title
