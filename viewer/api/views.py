"""The API of view sessions and of viewer configurations, of which there are none yet."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import Conditional, ResourceViewSet, key_of
from app.core.errors import NotFound
from viewer.api.serializers import (
    STATUS,
    AddressSerializer,
    NewAddressSerializer,
    NewSessionSerializer,
    OpenedSessionSerializer,
    SessionSerializer,
    status_of,
)
from viewer.models import ViewSession
from viewer.selectors import get_session_for, sessions_for
from viewer.services import keep_alive, open_session, stop_session
from viewer.services.placing import Whereabouts
from viewer.services.sessions import STOPPED_BY_READER
from viewer.services.tickets import Address, address_for


class StatusFilter(Filter):
    """A state in the words of the public API."""

    schema = {"type": "string", "enum": list(STATUS.values())}

    def read(self, given: str) -> Any:
        """Return the state."""
        for state, word in STATUS.items():
            if word.lower() == given.lower():
                return state
        raise ValueError(given)


class SessionViewSet(ResourceViewSet[ViewSession]):
    """The caller's view sessions."""

    area = "images"
    queryset = ViewSession.objects.none()
    serializer_class = SessionSerializer
    filters = {"status": StatusFilter("state"), "object": KeyFilter("object_id")}
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[ViewSession]:
        """Return the own sessions."""
        return sessions_for(self.request.user)

    def find(self, pk: Any, action: str) -> ViewSession:
        """Return the session."""
        return get_session_for(self.request.user, pk)

    @extend_schema(request=NewSessionSerializer, responses={201: OpenedSessionSerializer})
    def create(self, request: Request) -> Response:
        """Open a display set; the caller's session that is open on it already is answered again."""
        given = self.checked(NewSessionSerializer)
        where = Whereabouts(
            region=given["region"], address=str(request.META.get("REMOTE_ADDR") or "")
        )
        session, _ = open_session(
            user=request.user, source=given["source"], pk=given["object"], whereabouts=where
        )
        session.address = self._address(session)  # type: ignore[attr-defined]
        return self.shown(session, status=201, by=OpenedSessionSerializer)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Stop the session; its sockets close, and it stays in the list."""
        session = self.find(key_of(pk), "stop")
        stop_session(session, reason=STOPPED_BY_READER, actor=request.user)
        return Response(status=204)

    @extend_schema(request=None, responses=SessionSerializer)
    @action(detail=True, methods=["patch"])
    def keep_alive(self, request: Request, pk: str) -> Response:
        """Give the session its full idle time from now on, although nobody uses its socket."""
        session = self.find(key_of(pk), "keep")
        keep_alive(session)
        return self.shown(session)

    @extend_schema(request=NewAddressSerializer, responses=AddressSerializer)
    @action(detail=True, methods=["post"])
    def address(self, request: Request, pk: str) -> Response:
        """Say where the session's socket is now; every address with a ticket is good once."""
        given = self.checked(NewAddressSerializer)
        session = self.find(key_of(pk), "view")
        found = self._address(session, failed=given["failed"])
        said = {"socket_url": found.url, "server": found.server, "status": status_of(session)}
        return Response(said)

    def _address(self, session: ViewSession, *, failed: str = "") -> Address:
        by_cookie = isinstance(self.request.successful_authenticator, SessionAuthentication)
        key = self.request.session.session_key if by_cookie else None
        return address_for(
            session,
            browser_session=key or "",
            with_cookie=by_cookie,
            whereabouts=Whereabouts(address=str(self.request.META.get("REMOTE_ADDR") or "")),
            failed=failed,
        )


class ConfigSerializer(serializers.Serializer[Any]):
    """A viewer configuration."""

    pk = serializers.CharField()
    title = serializers.CharField()


class ConfigViewSet(Conditional, viewsets.GenericViewSet[Any]):
    """Viewer configurations. The viewer has one way to work, so there are none."""

    area = "images"
    serializer_class = ConfigSerializer
    filter_backends = ()

    @extend_schema(responses=ConfigSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the configurations: none."""
        self.paginate_queryset([])  # type: ignore[arg-type]
        return self.get_paginated_response([])

    def retrieve(self, request: Request, pk: str) -> Response:
        """Find no configuration."""
        raise NotFound
