"""The image: pixels with right geometry, and the files that hold them."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse

from app.core.models import TimestampedModel, UUIDModel
from app.delivery.services import signed_url_for
from app.images.visibility import usable_images, visible_images


class ImageQuerySet(models.QuerySet["Image"]):
    """Queries on images."""

    def visible_to(self, user: Any) -> "ImageQuerySet":
        """Return the images that ``user`` may view, from wherever they are used."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(visible_images(user))

    def usable_by(self, user: Any) -> "ImageQuerySet":
        """Return the images that ``user`` may also place elsewhere."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(usable_images(user))


class ImageManager(models.Manager["Image"]):
    """Finds what may be used; an image in quarantine is nowhere (see `Quarantine`).

    It is the default manager, so that relations such as ``source.images`` leave it out too.
    """

    def get_queryset(self) -> ImageQuerySet:
        """Return the images that are not in quarantine."""
        return ImageQuerySet(self.model, using=self._db).filter(quarantined_at=None)

    def visible_to(self, user: Any) -> ImageQuerySet:
        """Return the images that ``user`` may view, from wherever they are used."""
        return self.get_queryset().visible_to(user)

    def usable_by(self, user: Any) -> ImageQuerySet:
        """Return the images that ``user`` may also place elsewhere."""
        return self.get_queryset().usable_by(user)


class Image(UUIDModel, TimestampedModel):
    """One image: a volume, a series of volumes over time, or a picture.

    ``size`` is (x, y, z) in voxels, ``spacing`` in mm per voxel along x, y, z, ``origin`` the
    centre of the first voxel and ``direction`` a row-major 3 x 3 matrix, both in LPS mm.
    """

    name = models.CharField(max_length=200)
    size = ArrayField(models.PositiveIntegerField(), size=3)
    timepoints = models.PositiveIntegerField(default=1)
    components = models.PositiveSmallIntegerField(default=1)
    spacing = ArrayField(models.FloatField(), size=3)
    spacing_valid = models.BooleanField(default=True)
    origin = ArrayField(models.FloatField(), size=3)
    direction = ArrayField(models.FloatField(), size=9)
    element_type = models.CharField(max_length=20)
    color_space = models.CharField(max_length=10, default="GRAY")
    modality = models.CharField(max_length=16, blank=True)
    photometric = models.CharField(max_length=16, blank=True)
    window_center = models.FloatField(null=True, blank=True)
    window_width = models.FloatField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    source = models.ForeignKey(
        "images.Import", on_delete=models.SET_NULL, null=True, blank=True, related_name="images"
    )
    quarantined_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = ImageManager()

    class Meta:
        ordering = ("-created",)

    def __str__(self) -> str:
        return self.name

    @property
    def stored_files(self) -> "list[ImageFile]":
        """All files; lists fetch them as ``known_files``, which costs less than a manager each."""
        known: list[ImageFile] | None = getattr(self, "known_files", None)
        return list(self.files.all()) if known is None else known

    @property
    def thumbnail_url(self) -> str:
        """A signed address of the small picture, or nothing (reads prefetched files).

        Whoever lists images has asked for permission; a look at a list is not a download.
        """
        return self._picture_url(ImageFile.Kind.THUMBNAIL)

    @property
    def preview_url(self) -> str:
        """A signed address of the large picture, the small one where there is no other."""
        return self._picture_url(ImageFile.Kind.PREVIEW) or self.thumbnail_url

    def _picture_url(self, kind: str) -> str:
        found = next((file for file in self.files.all() if file.kind == kind), None)
        if found is None:
            return ""
        return signed_url_for(found.key, content_type="image/png", inline=True, expires_in=3600)

    @property
    def dimensions(self) -> str:
        """The size in words, such as ``512 × 512 × 120``."""
        shown = [n for n in (*self.size, self.timepoints) if n > 1] or self.size[:2]
        return " × ".join(str(n) for n in shown)

    @property
    def spacing_text(self) -> str:
        """The voxel size in words, such as ``0.70 × 0.70 × 2.50 mm``."""
        if not self.spacing_valid:
            return "not calibrated"
        axes = self.spacing if self.size[2] > 1 else self.spacing[:2]
        return " × ".join(f"{value:.2f}" for value in axes) + " mm"


class ImageFile(UUIDModel, TimestampedModel):
    """One stored file of an image."""

    class Kind(models.TextChoices):
        MHA = "MHA", "MetaImage"
        TIFF = "TIFF", "Tiled TIFF"
        SLICES = "SLICES", "Slice pack"
        THUMBNAIL = "THUMBNAIL", "Thumbnail"
        PREVIEW = "PREVIEW", "Preview"

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=200, unique=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("image", "kind"), name="image_file_one_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.image} {self.kind}"

    @property
    def url(self) -> str:
        """The stable address that checks permission and redirects to the bytes."""
        ending = self.key.rsplit(".", 1)[-1]
        return reverse("delivery:file", args=["images", self.pk, f"{self.image_id}.{ending}"])
