"""Shapes of the upload API, as S3 multipart clients (gcapi among them) expect them."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from app.core.storage import MAX_PARTS
from app.uploads.models import UserUpload
from app.uploads.services.uploads import MAX_SIGNED_AT_ONCE

BATCH = 100


class UploadSerializer(serializers.ModelSerializer[UserUpload]):
    """An upload as clients see it."""

    pk = serializers.CharField(read_only=True)
    key = serializers.CharField(read_only=True)
    s3_upload_id = serializers.CharField(source="multipart_id", read_only=True)
    status = serializers.CharField(source="get_state_display", read_only=True)
    api_url = serializers.SerializerMethodField()

    class Meta:
        model = UserUpload
        fields = ("pk", "created", "filename", "size", "key", "s3_upload_id", "status", "api_url")

    def get_api_url(self, upload: UserUpload) -> str:
        """Return the address of this upload."""
        request = self.context["request"]
        return str(reverse("uploads:detail", kwargs={"pk": upload.pk}, request=request))


class FileSerializer(serializers.Serializer[Any]):
    """A file that is about to be sent; ``size`` helps to refuse early what will not fit."""

    filename = serializers.CharField(max_length=4096, trim_whitespace=False)
    size = serializers.IntegerField(min_value=0, default=0)


class BatchSerializer(serializers.Serializer[Any]):
    """Many small files at once."""

    files = serializers.ListField(child=FileSerializer(), allow_empty=False, max_length=BATCH)


class PartNumbersSerializer(serializers.Serializer[Any]):
    """The parts to sign."""

    part_numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_PARTS),
        allow_empty=False,
        max_length=MAX_SIGNED_AT_ONCE,
    )


class ReceiptSerializer(serializers.Serializer[Any]):
    """What the sender was answered for one part; the names are S3's."""

    ETag = serializers.CharField(max_length=100)
    PartNumber = serializers.IntegerField(min_value=1, max_value=MAX_PARTS)


class PartsSerializer(serializers.Serializer[Any]):
    """The parts that make up the file; none for an empty file."""

    parts = serializers.ListField(child=ReceiptSerializer(), max_length=MAX_PARTS)


class FinishedSerializer(PartsSerializer):
    """One finished file of a batch."""

    pk = serializers.CharField(max_length=64)


class FinishedBatchSerializer(serializers.Serializer[Any]):
    """Many finished files at once."""

    uploads = serializers.ListField(child=FinishedSerializer(), allow_empty=False, max_length=BATCH)


class SignedUploadSerializer(UploadSerializer):
    """An upload with addresses for its parts, by part number."""

    presigned_urls = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta(UploadSerializer.Meta):
        fields = (*UploadSerializer.Meta.fields, "presigned_urls")  # type: ignore[assignment]


class StoredPartSerializer(ReceiptSerializer):
    """A part that has arrived."""

    LastModified = serializers.DateTimeField()
    Size = serializers.IntegerField()


class UploadPartsSerializer(UploadSerializer):
    """An upload with the parts that have arrived."""

    parts = StoredPartSerializer(many=True, read_only=True)

    class Meta(UploadSerializer.Meta):
        fields = (*UploadSerializer.Meta.fields, "parts")  # type: ignore[assignment]


class SignedBatchSerializer(serializers.Serializer[Any]):
    """Uploads in the order in which they were announced."""

    uploads = SignedUploadSerializer(many=True)


class FinishedUploadsSerializer(serializers.Serializer[Any]):
    """Per file the finished upload, or the problem that it met."""

    uploads = serializers.ListField(child=serializers.DictField())
