"""Abstract base models; no table of its own."""

from django.db import models

from app.core.ids import new_id


class UUIDModel(models.Model):
    """A model whose primary key is a UUIDv7, so keys sort by creation time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    class Meta:
        abstract = True


class TimestampedModel(models.Model):
    """Adds when a row was made and last changed (UTC)."""

    created = models.DateTimeField(auto_now_add=True, db_index=True)
    modified = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
