"""The API of images and imports."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.audit.services import record
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import NotFound
from app.images import selectors, services
from app.images.api.serializers import (
    ImageSerializer,
    ImportFileSerializer,
    ImportSerializer,
    InstancesSerializer,
    NewImportSerializer,
    RetrySerializer,
    shown_instance,
)
from app.images.exports import shown_files
from app.images.models import Image, Import, ImportFile
from app.uploads.selectors import get_upload_for


def used_by(path: str) -> KeyFilter:
    """Return a filter of images by what uses them, without duplicates."""

    def narrow(images: QuerySet[Image], key: UUID, user: Any) -> QuerySet[Image]:
        using = Image.objects.filter(**{f"socket_values__{path}": key})
        return images.filter(pk__in=using.values("pk"))

    return KeyFilter(narrow=narrow)


class ImageViewSet(ResourceViewSet[Image]):
    """Images that the caller sees through any use of them."""

    area = "images"
    queryset = Image.objects.none()
    serializer_class = ImageSerializer
    filters = {
        "archive": used_by("archive_items__archive"),
        "reader_study": used_by("display_sets__study"),
        "job_input": used_by("input_of_jobs"),
        "job_output": used_by("output_of_jobs"),
        "name": Filter("name"),
        "origin": KeyFilter("source", says="Only those that came of this upload session."),
    }
    ordering_fields = ("name", "created")

    def get_queryset(self) -> QuerySet[Image]:
        """Return the visible images."""
        return selectors.images_for(self.request.user)

    def find(self, pk: Any, action: str) -> Image:
        """Return the image."""
        return selectors.get_image_for(self.request.user, pk, action=action)

    @extend_schema(responses=InstancesSerializer)
    @action(detail=True, url_path="dicom/instances", pagination_class=None, filter_backends=())
    def dicom_instances(self, request: Request, pk: str) -> Response:
        """List the kept DICOM instances with addresses from which each can be read for an hour."""
        image = self.find(key_of(pk), "download")
        instances = list(image.instances.all())
        if not instances:
            raise NotFound
        record("images.instances.downloaded", obj=image, data={"count": len(instances)})
        return Response(
            {
                "image_set_id": str(image.pk),
                "instances": [shown_instance(instance) for instance in instances],
            }
        )


class UploadSessionViewSet(ResourceViewSet[Import]):
    """Imports: uploads on their way to being images."""

    area = "images"
    queryset = Import.objects.none()
    serializer_class = ImportSerializer
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[Import]:
        """Return the own imports."""
        return selectors.imports_for(self.request.user)

    def find(self, pk: Any, action: str) -> Import:
        """Return the import."""
        return selectors.get_import_for(self.request.user, pk, action=action)

    @extend_schema(request=NewImportSerializer, responses={201: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Start an import into an archive."""
        given = self.checked(NewImportSerializer)
        source = services.start_import(
            owner=request.user,  # type: ignore[arg-type]
            destination="archive",
            destination_id=key_of(given["archive"]),
            uploads=[get_upload_for(request.user, pk) for pk in given["uploads"]],
        )
        return self.shown(source, status=201)

    @extend_schema(
        responses=ImportFileSerializer(many=True),
        parameters=[
            OpenApiParameter("outcome", enum=[*ImportFile.Outcome], description="Only such files.")
        ],
    )
    @action(detail=True, filter_backends=())
    def files(self, request: Request, pk: str) -> Response:
        """List what became of every file, by name."""
        found = shown_files(self.find(key_of(pk), "view")).select_related("image")
        found = found.order_by("path", "pk")
        outcome = request.query_params.get("outcome", "")
        if outcome:
            found = found.filter(outcome=outcome) if outcome in ImportFile.Outcome else found.none()
        page = self.paginate_queryset(found)
        return self.get_paginated_response(
            ImportFileSerializer(page, many=True, context=self.get_serializer_context()).data
        )

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop an import; nothing of it is added."""
        source = self.find(key_of(pk), "cancel")
        services.cancel_import(actor=cast(User, request.user), source=source)
        return self.shown(source)

    @extend_schema(request=RetrySerializer, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try again the files that failed; their uploads are kept for a week."""
        source = self.find(key_of(pk), "retry")
        given = RetrySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        straighten = given.validated_data["tilt"] == "shear"
        services.retry_import(actor=cast(User, request.user), source=source, straighten=straighten)
        return self.shown(source)
