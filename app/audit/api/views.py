"""The API of the audit log: a list for administrators."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from app.audit import selectors
from app.audit.forms import SearchForm
from app.audit.models import Event
from app.core.api.views import Conditional

_SAYS = {
    "name": "An event's name, or an application's with a dot at the end: `archives.`",
    "actor": "User name, e-mail address, number, or part of a name.",
    "object_type": "Such as `images.image`.",
    "object_id": "Key of the object.",
    "since": "Not before this moment (UTC).",
    "until": "Not after this moment (UTC).",
    "request_id": "The `X-Request-ID` that the answer had.",
    "address": "Address that the request came from.",
}


class EventSerializer(serializers.ModelSerializer[Event]):
    """One event."""

    actor = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    actor_id = serializers.IntegerField(read_only=True, allow_null=True)
    data = serializers.DictField(read_only=True)  # type: ignore[assignment]

    class Meta:
        model = Event
        fields = (
            "id",
            "at",
            "name",
            "actor",
            "actor_id",
            "object_type",
            "object_id",
            "request_id",
            "address",
            "data",
        )
        read_only_fields = fields


class EventPaging(CursorPagination):
    """Pages by key: the last page of a million events is as fast as the first."""

    ordering = "-id"
    page_size = 100
    max_page_size = 1000
    page_size_query_param = "limit"


class EventListView(Conditional, generics.ListAPIView[Event]):
    """Audit events, the newest first (administrators)."""

    area: ClassVar[str] = "account"
    queryset = Event.objects.none()
    serializer_class = EventSerializer
    pagination_class = EventPaging
    filter_backends = ()

    @extend_schema(
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR, description=says)
            for name, says in _SAYS.items()
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List events, the newest first; only administrators find any."""
        return self.list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Event]:
        """Return the events that the search finds."""
        events = selectors.events_for(self.request.user)
        form = SearchForm(self.request.query_params)
        if not form.is_valid():
            return events.none()  # as everywhere: what cannot be matches nothing
        return selectors.searched(events, form.search).select_related("actor")
