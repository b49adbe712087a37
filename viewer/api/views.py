"""The API of view sessions."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import NotFound
from viewer.api.hanging_serializers import LayoutSerializer
from viewer.api.serializers import (
    STATUS,
    AddressSerializer,
    NewAddressSerializer,
    NewSessionSerializer,
    OpenedSessionSerializer,
    SessionSerializer,
    status_of,
)
from viewer.models import Viewable, ViewSession
from viewer.registry import get_source
from viewer.selectors import get_session_for, sessions_for
from viewer.services import (
    forget_layout,
    keep_alive,
    open_session,
    remember_layout,
    stop_session,
)
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

    @extend_schema(request=LayoutSerializer, responses={204: None}, methods=["PUT"])
    @extend_schema(request=None, responses={204: None}, methods=["DELETE"])
    @action(detail=True, methods=["put", "delete"])
    def layout(self, request: Request, pk: str) -> Response:
        """Remember how the screen is left, for the next case of the same object, or forget it."""
        session = self.find(key_of(pk), "view")
        target = self._viewable(session)
        user = cast(User, request.user)
        if request.method == "DELETE":
            forget_layout(user=user, target=target)
        else:
            given = self.checked(LayoutSerializer)
            remember_layout(user=user, target=target, layout=given["layout"])
        return Response(status=204)

    def _viewable(self, session: ViewSession) -> Viewable:
        """Return what the session's case belongs to; `NotFound` for whoever lost access."""
        view = get_source(session.source).resolve(user=session.user, pk=session.object_id)
        if view.viewable is None:
            raise NotFound("This image belongs to nothing whose layout could be remembered.")
        found: Viewable = view.viewable
        return found

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
