"""The API of annotations: thin, through the desk that is their access door."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from app.audit.services import record
from app.core.api.errors import problem_of
from app.core.api.filters import Filter, KeyFilter, YesNoFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import NotFound, ValidationFailed
from app.core.scratch import scratch_folder
from viewer.annotations import selectors, services
from viewer.annotations.api import serializers as shapes
from viewer.annotations.desk import Desk, annotation_for, desk_for
from viewer.annotations.models import Annotation

PLACE = [
    OpenApiParameter("source", str, description="Source of the display set."),
    OpenApiParameter("object", OpenApiTypes.UUID, description="Its key."),
]
MEASURED = [
    *PLACE,
    OpenApiParameter(
        "values", bool, description="Also the values of the voxels in areas and masks."
    ),
]


class AnnotationViewSet(ResourceViewSet[Annotation]):
    """What people drew in the viewer. Lists are of one display set, ``source`` and ``object``."""

    area = "images"
    queryset = Annotation.objects.none()
    serializer_class = shapes.AnnotationSerializer
    filters: ClassVar[Mapping[str, Filter]] = {
        "image": KeyFilter("image"),
        "kind": Filter("kind"),
        "author": Filter("author__username", says="Only those of this person, by user name."),
        "deleted": YesNoFilter("deleted", says="Deleted ones; they are left out otherwise."),
    }
    desk: Desk | None = None

    def get_queryset(self) -> QuerySet[Annotation]:
        """Return what the person may see of the display set that the query names."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        desk = self._asked()
        if desk is None:
            return self.queryset.all()
        found = desk.annotations()
        return found if self.request.query_params.get("deleted") else found.filter(deleted=False)

    def get_serializer_context(self) -> dict[str, Any]:
        """Let annotations say whether the person may change them."""
        return {**super().get_serializer_context(), "desk": self.desk}

    def find(self, pk: Any, action: str) -> Annotation:
        """Return the annotation."""
        annotation, self.desk = annotation_for(self.request.user, pk)
        return annotation

    @extend_schema(parameters=PLACE)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the annotations of a display set that one may see, in the order of their making."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=shapes.DocumentedChangesSerializer, responses={200: shapes.OutcomesSerializer}
    )
    @action(detail=False, methods=["post"])
    def changes(self, request: Request) -> Response:
        """Take changes in order, and say of each what became of it.

        What is answered as saved is stored. Nothing is ever stored over a change that the sender
        did not know: that is a conflict, answered with both versions. Sending a change twice is
        the same as once.
        """
        given = self.checked(shapes.ChangesSerializer)
        desk = self._desk(given)
        changes = [_change(raw, place) for place, raw in enumerate(given["changes"])]
        outcomes = services.take_changes(desk, changes)
        sent = {
            one.change if isinstance(one, services.Outcome) else one.id: raw
            for one, raw in zip(changes, given["changes"], strict=True)
        }
        context = {**self.get_serializer_context(), "sent": sent}
        shown = shapes.OutcomeSerializer(outcomes, many=True, context=context)  # type: ignore[arg-type]
        return Response({"results": shown.data})

    @extend_schema(
        request=shapes.CopySerializer,
        responses={200: shapes.AnnotationSerializer, 201: shapes.AnnotationSerializer},
    )
    @action(detail=False, methods=["post"])
    def copies(self, request: Request) -> Response:
        """Begin an annotation of one's own with somebody's, or with a value of the display set."""
        given = self.checked(shapes.CopySerializer)
        desk, origin = self._desk(given), given["of"]
        made = services.begin_copy(
            desk,
            change_id=given["id"],
            annotation_id=given["annotation"],
            tool=given["tool"],
            annotation=origin.get("annotation"),
            value=origin.get("value"),
            image_id=UUID(origin["image"]) if "image" in origin else None,
            item=origin.get("item"),
        )
        return self.shown(made.annotation, status=201 if made.is_new else 200)

    @extend_schema(parameters=PLACE, responses=shapes.StartSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def starts(self, request: Request) -> Response:
        """List the values of a display set that annotations may be begun with."""
        desk = self._asked()
        found = [] if desk is None else selectors.starts_of(desk)
        context = self.get_serializer_context()
        return Response(shapes.StartSerializer(found, many=True, context=context).data)  # type: ignore[arg-type]

    @extend_schema(responses=shapes.VersionSerializer(many=True), filters=False)
    @action(detail=True)
    def versions(self, request: Request, pk: str) -> Response:
        """List every version of an annotation, newest first."""
        annotation = self.find(key_of(pk), "view")
        page = self.paginate_queryset(annotation.versions.select_related("changed_by"))  # type: ignore[arg-type]
        return self.get_paginated_response(shapes.VersionSerializer(page, many=True).data)  # type: ignore[arg-type]

    @extend_schema(
        responses=shapes.MaskSerializer,
        parameters=[
            OpenApiParameter("since", int, description="What changed after this version."),
            OpenApiParameter("first", int, description="The first slice that is wanted."),
            OpenApiParameter("last", int, description="The last slice that is wanted."),
        ],
    )
    @action(detail=True)
    def mask(self, request: Request, pk: str) -> Response:
        """Return the slices of a mask that are not empty, or all that changed since a version."""
        annotation = self._mask(pk)
        since, first, last = (_number(request, name) for name in ("since", "first", "last"))
        found = selectors.mask_of(annotation, since=since, first=first, last=last)
        return Response(shapes.MaskSerializer(found).data)

    @extend_schema(
        operation_id="annotations_mask_metaimage",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def mask_mha(self, request: Request, pk: UUID) -> FileResponse:
        """Return a mask as MetaImage, aligned with its image."""
        return self._file(pk, "mha")

    @extend_schema(
        operation_id="annotations_mask_nifti",
        responses={(200, "application/gzip"): OpenApiTypes.BINARY},
    )
    def mask_nifti(self, request: Request, pk: UUID) -> FileResponse:
        """Return a mask as NIfTI, aligned with its image."""
        return self._file(pk, "nii.gz")

    @extend_schema(
        parameters=MEASURED, responses=shapes.MeasurementSerializer(many=True), filters=False
    )
    @action(detail=False, pagination_class=None)
    def measurements(self, request: Request) -> Response:
        """Return what the annotations of a display set measure: lengths, areas, angles, volumes."""
        measured, asked = self._measured(request), _yes(request, "values")
        return Response(list(services.measurements(measured, with_values=asked)))

    @extend_schema(
        operation_id="annotations_measurements_table",
        parameters=MEASURED,
        responses={(200, "text/csv"): OpenApiTypes.STR},
        filters=False,
    )
    def measurements_csv(self, request: Request) -> Response:
        """Return the same as a table."""
        measured, asked = self._measured(request), _yes(request, "values")
        body = "".join(services.measurements_csv(measured, with_values=asked))
        named = {"Content-Disposition": 'attachment; filename="measurements.csv"'}
        return Response(body, headers=named)

    def _desk(self, given: Mapping[str, Any]) -> Desk:
        """Return the desk that a checked body or query names; later answers know it."""
        self.desk = desk_for(self.request.user, given["source"], given["object"])
        return self.desk

    def _asked(self) -> Desk | None:
        """Return the desk that the query names; none where it names no display set at all."""
        place = shapes.PlaceSerializer(data=self.request.query_params)
        return self._desk(place.validated_data) if place.is_valid() else None

    def _mask(self, pk: Any) -> Annotation:
        annotation = self.find(key_of(pk), "view")
        if not annotation.is_mask:
            raise NotFound("This annotation is no mask.")
        return annotation

    def _file(self, pk: UUID, ending: str) -> FileResponse:
        annotation = self._mask(pk)
        write = services.write_mask if ending == "mha" else services.write_nifti
        with scratch_folder("mask") as folder:
            path = folder / f"mask.{ending}"
            write(annotation, path)
            content = path.open("rb")  # stays readable when the folder is gone
        data = {"as": ending, "version": annotation.version}
        record("viewer.annotation.exported", obj=annotation, actor=self.request.user, data=data)
        name = f"{annotation.pk}.{ending}"
        answer = FileResponse(content, as_attachment=True, filename=name)
        patch_cache_control(answer, private=True, no_store=True)
        return answer

    def _measured(self, request: Request) -> QuerySet[Annotation]:
        """Return the annotations that are measured, and record that they were."""
        desk = self._asked()
        if desk is None:
            return self.queryset.all()
        data = {"as": "measurements", "source": desk.source, "object": str(desk.object_id)}
        record("viewer.annotations.exported", obj=None, actor=request.user, data=data)
        return desk.annotations().filter(deleted=False).select_related("image", "author")


def _change(raw: Any, place: int) -> services.Change | services.Outcome:
    """Return a change as it is taken; one that cannot be read is an outcome of its own.

    One without ids cannot even be answered: that refuses the request.
    """
    keys = shapes.ChangeKeysSerializer(data=raw)
    if not keys.is_valid():
        raise ValidationFailed(
            fields={f"changes[{place}]": ["It has an id and an annotation, both UUIDs."]}
        )
    given = shapes.ChangeSerializer(data=raw)
    try:
        given.is_valid(raise_exception=True)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        found = keys.validated_data
        return services.Outcome(found["id"], found["annotation"], "refused", problem=problem)
    fields = dict(given.validated_data)
    if "image" in fields:
        fields["image"] = UUID(fields["image"])
    return services.Change(
        id=fields.pop("id"),
        annotation=fields.pop("annotation"),
        base=fields.pop("base"),
        made_at=fields.pop("made_at"),
        slices=fields.pop("slices", None),
        given=fields,
    )


def _number(request: Request, name: str) -> int | None:
    """Return a whole number of the query, none where it is left out."""
    given = request.query_params.get(name, "")
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise ValidationFailed(fields={name: ["Give a whole number."]})
    return int(given)


def _yes(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("true", "1")
