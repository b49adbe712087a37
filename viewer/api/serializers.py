"""Shapes of view sessions, in the words that existing clients know."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from app.core.api.fields import KeyField, LinkField
from viewer.models import ViewSession
from viewer.services.sessions import end_reason

STATUS = {
    ViewSession.State.STARTING: "Started",
    ViewSession.State.RUNNING: "Running",
    ViewSession.State.STOPPED: "Stopped",
    ViewSession.State.FAILED: "Failed",
}


def status_of(session: ViewSession) -> str:
    """Return a state in the words of the public API; one whose time is over counts as stopped."""
    if session.state in ViewSession.LIVE and not session.is_live:
        return STATUS[ViewSession.State.STOPPED]
    return STATUS[ViewSession.State(session.state)]


class SessionSerializer(serializers.ModelSerializer[ViewSession]):
    """A view session: who looks is the caller, at what and until when stands here."""

    pk = KeyField(read_only=True)
    api_url = LinkField("api:view-session-detail", source="*", read_only=True)
    url = serializers.SerializerMethodField()
    object = KeyField(source="object_id", read_only=True)
    status = serializers.SerializerMethodField()
    error_message = serializers.SerializerMethodField()

    class Meta:
        model = ViewSession
        fields = (
            "pk",
            "api_url",
            "url",
            "source",
            "object",
            "status",
            "created",
            "expires_at",
            "server",
            "region",
            "error_message",
        )
        read_only_fields = ("source", "created", "expires_at", "server", "region")

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, session: ViewSession) -> str:
        """Return the address of the page that shows it."""
        args = [session.source, session.object_id]
        return str(reverse("viewer:open", args=args, request=self.context.get("request")))

    @extend_schema_field({"type": "string", "enum": list(STATUS.values())})
    def get_status(self, session: ViewSession) -> str:
        """Return the state in the words of the public API."""
        return status_of(session)

    def get_error_message(self, session: ViewSession) -> str:
        """Return why a session that is over ended."""
        return "" if session.is_live else end_reason(session)


class OpenedSessionSerializer(SessionSerializer):
    """A session as it is answered to whoever just opened it: with the way to its socket."""

    socket_url = serializers.CharField(read_only=True, source="address.url")

    class Meta(SessionSerializer.Meta):
        fields = (*SessionSerializer.Meta.fields, "socket_url")  # type: ignore[assignment]


class NewSessionSerializer(serializers.Serializer[Any]):
    """What to open: a display set of one of the sources, such as ``image`` or ``archive-item``."""

    source = serializers.CharField(max_length=40)  # type: ignore[assignment]
    object = serializers.UUIDField()
    region = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class NewAddressSerializer(serializers.Serializer[Any]):
    """The server that could not be reached, if one could not."""

    failed = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class AddressSerializer(serializers.Serializer[Any]):
    """Where the socket is to be opened now; a path means the site itself."""

    socket_url = serializers.CharField()
    server = serializers.CharField()
    status = serializers.CharField()
