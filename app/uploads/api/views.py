"""The upload API: thin views over the services, wire-compatible with gcapi's client."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView

from app.core.api.views import Conditional
from app.core.errors import PortalError
from app.core.storage import PartReceipt
from app.uploads import selectors, services
from app.uploads.api.serializers import (
    BatchSerializer,
    FileSerializer,
    FinishedBatchSerializer,
    FinishedUploadsSerializer,
    PartNumbersSerializer,
    PartsSerializer,
    SignedBatchSerializer,
    SignedUploadSerializer,
    UploadPartsSerializer,
    UploadSerializer,
)
from app.uploads.models import UserUpload


class UploadList(Conditional, generics.ListAPIView[UserUpload]):
    """The user's uploads, and starting one."""

    area = "uploads"
    serializer_class = UploadSerializer

    def get_queryset(self) -> Any:
        """Return the user's own uploads."""
        return selectors.uploads_of(self.request.user)

    @extend_schema(request=FileSerializer, responses={201: UploadSerializer})
    def post(self, request: Request) -> Response:
        """Start an upload."""
        file = _checked(FileSerializer, request)
        upload = services.start_upload(owner=request.user, **file)
        return Response(_shown(upload, request), status=201)


class UploadDetail(Conditional, APIView):
    """One upload."""

    area = "uploads"

    @extend_schema(responses=UploadSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Show the upload."""
        return Response(_shown(selectors.get_upload_for(request.user, pk), request))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """Withdraw the upload, finished or not."""
        services.withdraw_upload(selectors.get_upload_for(request.user, pk))
        return Response(status=204)


class UploadBatch(APIView):
    """Many small files in two requests instead of two each (not part of the S3 protocol)."""

    area = "uploads"

    @extend_schema(request=BatchSerializer, responses={201: SignedBatchSerializer})
    def post(self, request: Request) -> Response:
        """Start uploads and sign the first part of each, in the order given."""
        files = [services.Announced(**file) for file in _checked(BatchSerializer, request)["files"]]
        uploads = services.start_uploads(owner=request.user, files=files)
        rows = [
            {
                **_shown(upload, request),
                "presigned_urls": _addresses(services.sign_first_part(upload), request),
            }
            for upload in uploads
        ]
        return Response({"uploads": rows}, status=201)

    @extend_schema(request=FinishedBatchSerializer, responses=FinishedUploadsSerializer)
    def patch(self, request: Request) -> Response:
        """Complete uploads; each is answered for itself, in the order given."""
        finished = _checked(FinishedBatchSerializer, request)["uploads"]
        return Response({"uploads": [self._finish(request, item) for item in finished]})

    def _finish(self, request: Request, item: Mapping[str, Any]) -> dict[str, Any]:
        try:
            upload = selectors.get_upload_for(request.user, item["pk"])
            done = services.complete_upload(upload, receipts=_receipts(item["parts"]))
        except PortalError as error:
            return {"pk": item["pk"], "problem": error.as_problem()}
        return _shown(done, request)


class PresignedUrls(APIView):
    """Addresses for parts."""

    area = "uploads"

    @extend_schema(request=PartNumbersSerializer, responses=SignedUploadSerializer)
    def patch(self, request: Request, pk: str, multipart_id: str) -> Response:
        """Sign the named parts."""
        numbers = _checked(PartNumbersSerializer, request)["part_numbers"]
        upload = _multipart(request, pk, multipart_id)
        signed = _addresses(services.sign_parts(upload, numbers), request)
        return Response({**_shown(upload, request), "presigned_urls": signed})


class CompleteMultipart(APIView):
    """The end of an upload."""

    area = "uploads"

    @extend_schema(request=PartsSerializer, responses=UploadSerializer)
    def patch(self, request: Request, pk: str, multipart_id: str) -> Response:
        """Put the parts together."""
        parts = _checked(PartsSerializer, request)["parts"]
        upload = _multipart(request, pk, multipart_id)
        done = services.complete_upload(upload, receipts=_receipts(parts))
        return Response(_shown(done, request))


class AbortMultipart(APIView):
    """Giving up."""

    area = "uploads"

    @extend_schema(request=None, responses=UploadSerializer)
    def patch(self, request: Request, pk: str, multipart_id: str) -> Response:
        """Drop the parts."""
        upload = _multipart(request, pk, multipart_id)
        aborted = services.abort_upload(upload, actor=request.user, reason="Asked by the sender.")
        return Response(_shown(aborted, request))


class ListParts(Conditional, APIView):
    """What has arrived, for resuming."""

    area = "uploads"

    @extend_schema(responses=UploadPartsSerializer)
    def get(self, request: Request, pk: str, multipart_id: str) -> Response:
        """List the stored parts."""
        upload = _multipart(request, pk, multipart_id)
        parts = [
            {
                "ETag": f'"{part.etag}"',
                "PartNumber": part.number,
                "LastModified": part.modified.isoformat(),
                "Size": part.size,
            }
            for part in services.list_parts(upload)
        ]
        return Response({**_shown(upload, request), "parts": parts})


def _multipart(request: Request, pk: str, multipart_id: str) -> UserUpload:
    return selectors.get_multipart_for(request.user, pk, multipart_id=multipart_id)


def _checked(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    found: dict[str, Any] = checked.validated_data
    return found


def _receipts(parts: list[dict[str, Any]]) -> list[PartReceipt]:
    return [PartReceipt(number=part["PartNumber"], etag=part["ETag"]) for part in parts]


def _shown(upload: UserUpload, request: Request) -> dict[str, Any]:
    serializer: BaseSerializer[UserUpload] = UploadSerializer(upload, context={"request": request})
    return dict(serializer.data)


def _addresses(signed: Mapping[int, str], request: Request) -> dict[str, str]:
    """Return part addresses by number as text; our own ones under the name the client uses.

    The signature does not cover the host name, and a browser may only send to its own origin.
    """
    own = f"{settings.SITE_URL}/"
    return {
        str(number): request.build_absolute_uri(_target(address))
        if address.startswith(own)
        else address
        for number, address in signed.items()
    }


def _target(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
