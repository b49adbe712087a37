"""The API of hanging protocols, viewer configurations, and what uses them."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core.access import fetch
from app.core.api.filters import Filter
from app.core.api.views import Conditional, ResourceViewSet, key_of
from app.core.errors import NotFound
from viewer import services
from viewer.api.hanging_serializers import (
    ConfigurationSerializer,
    NewConfigurationSerializer,
    NewProtocolSerializer,
    SettingsSerializer,
    ViewingChangeSerializer,
    ViewingSerializer,
    WholeProtocolSerializer,
)
from viewer.hanging import PROTOCOL_SCHEMA
from viewer.models import HangingProtocol, Viewable, ViewerConfiguration, ViewerPreferences
from viewer.policies import CONFIGURATIONS, PROTOCOLS
from viewer.viewables import viewable_kind


class ProtocolViewSet(ResourceViewSet[HangingProtocol]):
    """Hanging protocols: viewports on a screen, for everybody's cases."""

    area = "images"
    queryset = HangingProtocol.objects.none()
    serializer_class = WholeProtocolSerializer
    filters = {"slug": Filter("slug"), "title": Filter("title")}
    ordering_fields = ("title", "created")

    def get_queryset(self) -> QuerySet[HangingProtocol]:
        """Return all of them."""
        return PROTOCOLS.visible_to(self.request.user)

    def find(self, pk: Any, action: str) -> HangingProtocol:
        """Return the protocol."""
        return fetch(PROTOCOLS, user=self.request.user, pk=pk, action=action)

    @extend_schema(request=NewProtocolSerializer, responses={201: WholeProtocolSerializer})
    def create(self, request: Request) -> Response:
        """Make a hanging protocol."""
        given = self.checked(NewProtocolSerializer)
        made = services.create_protocol(actor=cast(User, request.user), **given)
        return self.shown(made, status=201)

    @extend_schema(request=NewProtocolSerializer, responses=WholeProtocolSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a hanging protocol; whoever hangs cases by it sees them the new way."""
        protocol = self.find(key_of(pk), "change")
        given = self.checked(NewProtocolSerializer, partial=True)
        actor = cast(User, request.user)
        return self.shown(services.change_protocol(actor=actor, protocol=protocol, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a hanging protocol that is not in use."""
        protocol = self.find(key_of(pk), "change")
        services.delete_protocol(actor=cast(User, request.user), protocol=protocol)
        return Response(status=204)

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, filters=False)
    @action(detail=False, url_path="schema", pagination_class=None)
    def json_schema(self, request: Request) -> Response:
        """Return the JSON Schema of the viewports."""
        return Response(PROTOCOL_SCHEMA)


class ConfigViewSet(ResourceViewSet[ViewerConfiguration]):
    """Viewer configurations: how the viewer behaves for a study."""

    area = "images"
    queryset = ViewerConfiguration.objects.none()
    serializer_class = ConfigurationSerializer
    filters = {"slug": Filter("slug")}
    ordering_fields = ("title", "created")

    def get_queryset(self) -> QuerySet[ViewerConfiguration]:
        """Return all of them."""
        return CONFIGURATIONS.visible_to(self.request.user).select_related("creator")

    def find(self, pk: Any, action: str) -> ViewerConfiguration:
        """Return the configuration."""
        return fetch(CONFIGURATIONS, user=self.request.user, pk=pk, action=action)

    @extend_schema(request=NewConfigurationSerializer, responses={201: ConfigurationSerializer})
    def create(self, request: Request) -> Response:
        """Make a viewer configuration."""
        given = self.checked(NewConfigurationSerializer)
        made = services.create_configuration(actor=cast(User, request.user), **given)
        return self.shown(made, status=201)

    @extend_schema(request=NewConfigurationSerializer, responses=ConfigurationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a viewer configuration."""
        configuration = self.find(key_of(pk), "change")
        given = self.checked(NewConfigurationSerializer, partial=True)
        actor = cast(User, request.user)
        changed = services.change_configuration(actor=actor, configuration=configuration, **given)
        return self.shown(changed)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a viewer configuration that is not in use."""
        configuration = self.find(key_of(pk), "change")
        services.delete_configuration(actor=cast(User, request.user), configuration=configuration)
        return Response(status=204)


class Viewing(Conditional, APIView):
    """How the cases of an archive, an algorithm, a phase or a reader study are viewed."""

    @property
    def area(self) -> str:
        """What a token must reach: the area of the object."""
        try:
            return viewable_kind(getattr(self, "kwargs", {}).get("kind", "")).area
        except NotFound:
            return "images"

    @extend_schema(responses=ViewingSerializer, operation_id="viewing_retrieve")
    def get(self, request: Request, kind: str, pk: UUID) -> Response:
        """Show protocols, contents and configuration."""
        return self._shown(viewable_kind(kind).find(request.user, pk, "view"))

    @extend_schema(
        request=ViewingChangeSerializer,
        responses=ViewingSerializer,
        operation_id="viewing_partial_update",
    )
    def patch(self, request: Request, kind: str, pk: UUID) -> Response:
        """Change some of it; what is left out stays."""
        target = viewable_kind(kind).find(request.user, pk, "change")
        given = ViewingChangeSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        with transaction.atomic():
            services.hold_viewing(target)  # what is left out stays as it is now, not as it was read
            services.change_viewing(
                actor=cast(User, request.user),
                target=target,
                **_now(target) | self._found(given.validated_data),
            )
        return self._shown(target)

    def _found(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the objects whose keys were given."""
        user, found = self.request.user, dict(given)
        if given.get("hanging_protocol"):
            found["hanging_protocol"] = fetch(PROTOCOLS, user=user, pk=given["hanging_protocol"])
        if "optional_hanging_protocols" in given:
            found["optional_hanging_protocols"] = [
                fetch(PROTOCOLS, user=user, pk=pk) for pk in given["optional_hanging_protocols"]
            ]
        if given.get("viewer_configuration"):
            pk = given["viewer_configuration"]
            found["viewer_configuration"] = fetch(CONFIGURATIONS, user=user, pk=pk)
        return found

    def _shown(self, target: Viewable) -> Response:
        return Response(ViewingSerializer(target, context={"request": self.request}).data)


def _now(target: Viewable) -> dict[str, Any]:
    return {
        "hanging_protocol": target.hanging_protocol,
        "optional_hanging_protocols": list(target.optional_hanging_protocols.all()),
        "view_content": target.view_content,
        "viewer_configuration": target.viewer_configuration,
    }


class Preferences(Conditional, APIView):
    """The caller's own settings of the viewer, which go before those of a study."""

    area = "account"

    @extend_schema(responses=SettingsSerializer, operation_id="viewer_preferences_retrieve")
    def get(self, request: Request) -> Response:
        """Show them; nothing set is an empty object."""
        found = ViewerPreferences.objects.filter(user=cast(User, request.user)).first()
        return Response({"settings": found.settings if found else {}})

    @extend_schema(
        request=SettingsSerializer,
        responses=SettingsSerializer,
        operation_id="viewer_preferences_update",
    )
    def put(self, request: Request) -> Response:
        """Set them anew."""
        given = SettingsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        saved = services.save_preferences(user=cast(User, request.user), **given.validated_data)
        return Response({"settings": saved.settings})
