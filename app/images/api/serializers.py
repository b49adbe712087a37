"""Shapes of images and imports, as clients of the public API know them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from app.core.api.fields import Constant, KeyField, LinkField
from app.delivery.services import signed_url_for
from app.images.models import Image, ImageFile, Import, ImportFile, Instance

_FILE_TYPES = {ImageFile.Kind.MHA: "MHD", ImageFile.Kind.TIFF: "TIFF"}
_STATUS = {
    Import.State.QUEUED: "Queued",
    Import.State.RUNNING: "Started",
    Import.State.SUCCEEDED: "Succeeded",
    Import.State.PARTIAL: "Succeeded",
    Import.State.FAILED: "Failed",
    Import.State.CANCELLED: "Cancelled",
}


class ImageFileSerializer(serializers.ModelSerializer[ImageFile]):
    """A stored file of an image; its address asks for permission and leads on to the bytes."""

    pk = KeyField(read_only=True)
    image = LinkField("api:image-detail", source="image_id", read_only=True)
    file = serializers.SerializerMethodField()
    image_type = serializers.SerializerMethodField()

    class Meta:
        model = ImageFile
        fields = ("pk", "image", "file", "image_type", "size", "sha256")

    def get_file(self, file: ImageFile) -> str:
        """Return the absolute stable address."""
        request = self.context.get("request")
        return str(request.build_absolute_uri(file.url)) if request else file.url

    @extend_schema_field({"type": "string", "enum": list(_FILE_TYPES.values())})
    def get_image_type(self, file: ImageFile) -> str:
        """Return the type in the words of the public API."""
        return _FILE_TYPES[ImageFile.Kind(file.kind)]


class _Modality(serializers.Serializer[Any]):
    modality = serializers.CharField()


class _ImageSet(serializers.Serializer[Any]):
    image_set_id = serializers.CharField()


class ImageSerializer(serializers.ModelSerializer[Image]):
    """An image: its size in voxels, spacing in mm and files."""

    pk = KeyField(read_only=True)
    files = serializers.SerializerMethodField()
    dicom_image_set = serializers.SerializerMethodField()
    width = serializers.SerializerMethodField()
    height = serializers.SerializerMethodField()
    depth = serializers.SerializerMethodField()
    color_space = serializers.SerializerMethodField()
    modality = serializers.SerializerMethodField()
    eye_choice = Constant("NA")
    stereoscopic_choice = Constant(None)
    field_of_view = Constant(None)
    shape_without_color = serializers.SerializerMethodField()
    shape = serializers.SerializerMethodField()
    voxel_width_mm = serializers.SerializerMethodField()
    voxel_height_mm = serializers.SerializerMethodField()
    voxel_depth_mm = serializers.SerializerMethodField()
    api_url = LinkField("api:image-detail", source="*", read_only=True)
    segments = Constant(None)

    class Meta:
        model = Image
        fields = (
            "pk",
            "name",
            "files",
            "dicom_image_set",
            "width",
            "height",
            "depth",
            "color_space",
            "modality",
            "eye_choice",
            "stereoscopic_choice",
            "field_of_view",
            "shape_without_color",
            "shape",
            "voxel_width_mm",
            "voxel_height_mm",
            "voxel_depth_mm",
            "api_url",
            "window_center",
            "window_width",
            "segments",
            "origin",
            "direction",
            "created",
        )
        read_only_fields = fields

    @extend_schema_field(ImageFileSerializer(many=True))
    def get_files(self, image: Image) -> Any:
        """Return the files that hold the pixels."""
        files = [file for file in image.stored_files if file.kind in _FILE_TYPES]
        return ImageFileSerializer(files, many=True, context=self.context).data

    @extend_schema_field(_ImageSet(allow_null=True))
    def get_dicom_image_set(self, image: Image) -> dict[str, str] | None:
        """Name the set of kept DICOM instances, if there is one."""
        known = getattr(image, "some_instance", None)  # lists ask for all at once
        kept = image.instances.exists() if known is None else bool(known)
        return {"image_set_id": str(image.pk)} if kept else None

    def get_width(self, image: Image) -> int:
        """Return the number of columns."""
        return image.size[0]

    def get_height(self, image: Image) -> int:
        """Return the number of rows."""
        return image.size[1]

    def get_depth(self, image: Image) -> int | None:
        """Return the number of slices; a picture has none."""
        return image.size[2] if image.size[2] > 1 else None

    @extend_schema_field({"type": "string", "enum": ["GRAY", "RGB", "RGBA", "YCBCR", ""]})
    def get_color_space(self, image: Image) -> str:
        """Return the color space, empty for one that clients do not know."""
        return image.color_space if image.color_space in ("GRAY", "RGB", "RGBA", "YCBCR") else ""

    @extend_schema_field(_Modality(allow_null=True))
    def get_modality(self, image: Image) -> dict[str, str] | None:
        """Return the modality, if it is known."""
        return {"modality": image.modality} if image.modality else None

    def get_shape_without_color(self, image: Image) -> list[int]:
        """Return (t, z, y, x) without the axes that have one element."""
        x, y, z = image.size
        return [*(n for n in (image.timepoints, z) if n > 1), y, x]

    def get_shape(self, image: Image) -> list[int]:
        """Return the shape with the color channels last."""
        channels = [image.components] if image.components > 1 else []
        return [*self.get_shape_without_color(image), *channels]

    def get_voxel_width_mm(self, image: Image) -> float | None:
        """Return the spacing along x."""
        return image.spacing[0] if image.spacing_valid else None

    def get_voxel_height_mm(self, image: Image) -> float | None:
        """Return the spacing along y."""
        return image.spacing[1] if image.spacing_valid else None

    def get_voxel_depth_mm(self, image: Image) -> float | None:
        """Return the spacing along z; a picture has none."""
        return image.spacing[2] if image.spacing_valid and image.size[2] > 1 else None


_REQUEST = {
    "type": "object",
    "required": ["url", "method", "headers", "data"],
    "properties": {
        "url": {"type": "string", "format": "uri"},
        "method": {"type": "string", "enum": ["GET"]},
        "headers": {"type": "object"},
        "data": {"type": "null"},
    },
}


@extend_schema_field(_REQUEST)
class _RequestField(serializers.DictField):
    """What to send, to read an instance."""


class _InstanceSerializer(serializers.Serializer[Any]):
    sop_instance_uid = serializers.CharField()
    get_instance = _RequestField()


class InstancesSerializer(serializers.Serializer[Any]):
    """The DICOM instances of an image set, each with a request that needs no further rights."""

    image_set_id = serializers.CharField()
    instances = _InstanceSerializer(many=True)


def shown_instance(instance: Instance) -> dict[str, Any]:
    """Return an instance with a short-lived signed address."""
    address = signed_url_for(
        instance.key,
        filename=f"{instance.sop_instance_uid}.dcm",
        content_type="application/dicom",
        expires_in=3600,
    )
    return {
        "sop_instance_uid": instance.sop_instance_uid,
        "get_instance": {"url": address, "method": "GET", "headers": {}, "data": None},
    }


@extend_schema_field({"type": "object", "additionalProperties": True})
class _ReportField(serializers.JSONField):
    """What was removed from the DICOM files, by attribute; never a value."""


class _Progress(serializers.Serializer[Import]):
    """How far an import is; all numbers are files."""

    stage = serializers.ChoiceField(choices=Import.Stage.choices, read_only=True, allow_blank=True)
    fetched = serializers.IntegerField(source="fetched_files", read_only=True)
    looked_at = serializers.IntegerField(source="looked_files", read_only=True)
    done = serializers.IntegerField(source="done_files", read_only=True)
    total = serializers.IntegerField(source="total_files", read_only=True)
    percent = serializers.IntegerField(read_only=True)


class ImportFileSerializer(serializers.ModelSerializer[ImportFile]):
    """What became of one file, and what can be done about it."""

    pk = KeyField(read_only=True)
    file = serializers.CharField(source="path", read_only=True)
    image = LinkField("api:image-detail", source="published_image_id", read_only=True)

    class Meta:
        model = ImportFile
        fields = ("pk", "file", "outcome", "code", "message", "advice", "image")
        read_only_fields = fields


class RetrySerializer(serializers.Serializer[Import]):
    """What to do otherwise than before: `shear` straightens stacks of a tilted gantry."""

    tilt = serializers.ChoiceField(choices=("refuse", "shear"), default="refuse")


class ImportSerializer(serializers.ModelSerializer[Import]):
    """An import, called an upload session by clients."""

    pk = KeyField(read_only=True)
    creator = serializers.IntegerField(source="owner_id", read_only=True)
    status = serializers.SerializerMethodField()
    error_message = serializers.CharField(source="message", read_only=True, allow_null=True)
    image_set = serializers.SerializerMethodField()
    api_url = LinkField("api:upload-session-detail", source="*", read_only=True)
    user_uploads = serializers.SerializerMethodField()
    uploads = serializers.SerializerMethodField()
    waiting_images = serializers.SerializerMethodField()
    deidentification = _ReportField(read_only=True)
    progress = _Progress(source="*", read_only=True)
    files = LinkField("api:upload-session-files", source="*", read_only=True)

    class Meta:
        model = Import
        fields = (
            "pk",
            "creator",
            "status",
            "error_message",
            "image_set",
            "api_url",
            "user_uploads",
            "uploads",
            "progress",
            "files",
            "done_files",
            "total_files",
            "waiting_images",
            "deidentification",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string", "enum": sorted(set(_STATUS.values()))})
    def get_status(self, source: Import) -> str:
        """Return the state in the words of the public API."""
        return _STATUS[Import.State(source.state)]

    def get_image_set(self, source: Import) -> list[str]:
        """Return the addresses of the images that came of it."""
        return self._links("api:image-detail", source.images.all())

    def get_user_uploads(self, source: Import) -> list[str]:
        """Return the addresses of its uploads, as long as they are kept."""
        return self._links("uploads:detail", source.uploads.all())

    def get_uploads(self, source: Import) -> list[str]:
        """Return the addresses of its uploads under their other name."""
        return self.get_user_uploads(source)

    def get_waiting_images(self, source: Import) -> int:
        """Return how many images wait until a reviewer has looked at them."""
        return sum(1 for one in source.quarantined.all() if not one.is_decided)

    def _links(self, view: str, objects: Any) -> list[str]:
        request = self.context.get("request")
        return [str(reverse(view, args=[found.pk], request=request)) for found in objects]


class NewImportSerializer(serializers.Serializer[Any]):
    """Uploads to turn into images, one archive item for each."""

    uploads = serializers.ListField(
        child=LinkField("uploads:detail"), allow_empty=False, max_length=10_000
    )
    archive = LinkField("api:archive-detail")
