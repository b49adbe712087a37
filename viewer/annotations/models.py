"""Annotations, their versions, and the slices of masks."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from app.core.models import TimestampedModel
from app.images.models import Image
from app.sockets.models import SocketValue
from viewer.annotations.values import ANNOTATION_KINDS, MASK


class Annotation(TimestampedModel):
    """Something a person drew on an image of a display set, as it stands.

    Key and ``revision`` are made by the client, so that sending it twice is the same as once.
    ``revision`` is the key of the `AnnotationVersion` whose content the row repeats.
    ``question`` is whatever a layer above lets it answer.
    """

    id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=40)
    object_id = models.UUIDField()
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="annotations")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotations"
    )
    kind = models.CharField(max_length=5, choices=[(key, key) for key in ANNOTATION_KINDS])
    tool = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    revision = models.UUIDField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="changed_annotations"
    )
    value = models.JSONField()
    label = models.CharField(max_length=200, blank=True)
    color = models.CharField(max_length=7, blank=True)
    frame = models.JSONField(null=True, blank=True)
    question = models.UUIDField(null=True, blank=True)
    deleted = models.BooleanField(default=False)
    copied_annotation = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="copies"
    )
    copied_value = models.ForeignKey(
        SocketValue, on_delete=models.SET_NULL, null=True, blank=True, related_name="annotations"
    )
    mask_bytes = models.BigIntegerField(default=0)
    stored_bytes = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("created", "id")
        indexes = [models.Index(fields=("source", "object_id", "created"), name="annotation_place")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_mask(self) -> bool:
        """Tell whether it is made of voxels and not of points."""
        return self.kind == MASK


class AnnotationVersion(models.Model):
    """An annotation as it was after one change; the key is the change's, made by the client."""

    id = models.UUIDField(primary_key=True)
    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotation_versions"
    )
    made_at = models.DateTimeField()
    created = models.DateTimeField(auto_now_add=True)
    value = models.JSONField()
    label = models.CharField(max_length=200, blank=True)
    color = models.CharField(max_length=7, blank=True)
    frame = models.JSONField(null=True, blank=True)
    question = models.UUIDField(null=True, blank=True)
    deleted = models.BooleanField(default=False)
    slices = ArrayField(models.PositiveIntegerField(), default=list, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("annotation", "number"), name="annotation_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.annotation_id} version {self.number}"


class MaskSlice(models.Model):
    """A slice of a mask as one change left it; the newest with an index is the one that stands.

    ``data`` is compressed as on the wire, empty where no voxel has a label; ``counts`` says how
    many voxels each label has.
    """

    id = models.BigAutoField(primary_key=True)
    annotation = models.ForeignKey(Annotation, on_delete=models.CASCADE, related_name="slices")
    number = models.PositiveIntegerField()
    index = models.PositiveIntegerField()
    data = models.BinaryField()
    size = models.PositiveIntegerField()
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ("annotation", "index", "-number")
        constraints = [
            models.UniqueConstraint(
                fields=("annotation", "index", "number"), name="mask_slice_once"
            )
        ]

    def __str__(self) -> str:
        return f"Slice {self.index} of {self.annotation_id}"
