"""The API of access requests: asked, followed, decided."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.authentication import TokenScope
from app.accounts.models import Token, User
from app.core.api.views import ResourceViewSet, key_of
from app.core.errors import NotFound, ValidationFailed
from app.requests import selectors, services
from app.requests.api.serializers import (
    AccessRequestSerializer,
    DecisionSerializer,
    NewAccessRequestSerializer,
)
from app.requests.models import AccessRequest
from app.requests.registry import Kind, kinds
from app.requests.selectors import Entry

_BOXES = ("mine", "to-decide")
_PARAMETERS = [
    OpenApiParameter("box", str, enum=_BOXES, description="Only the own, or those to decide."),
    OpenApiParameter("kind", str, description="Only those for objects of this kind."),
    OpenApiParameter("target", UUID, description="Only those for this object."),
    OpenApiParameter("state", str, enum=AccessRequest.State.values),
]


class AccessRequestViewSet(ResourceViewSet[Any]):
    """Requests for access: the caller's own, and those that the caller may decide.

    To ask or decide, a token that is limited to areas also needs the area of the object.
    """

    area = "account"
    queryset: Any = None
    serializer_class = AccessRequestSerializer
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Any, Any]:
        """Return the keys of the caller's requests, narrowed by the query; the newest first."""
        query, user = self.request.query_params, self.request.user
        target = query.get("target", "")
        rows = selectors.requests_for(
            user,
            box=query.get("box", ""),
            key=query.get("kind", ""),
            state=query.get("state", "").replace("\x00", ""),
            target=key_of(target) if target else None,
        )
        return rows.order_by("-created", "id")

    def find(self, pk: Any, action: str) -> Any:
        """Return the request."""
        return selectors.find_entry_for(self.request.user, pk, action=action)

    @extend_schema(parameters=_PARAMETERS, responses=AccessRequestSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List requests."""
        try:
            page = self.paginate_queryset(self.get_queryset())
        except NotFound:
            page = self.paginate_queryset([])  # type: ignore[arg-type]
        shown = self.get_serializer(selectors.entries_of(page or []), many=True)
        return self.get_paginated_response(shown.data)

    @extend_schema(request=NewAccessRequestSerializer, responses={201: AccessRequestSerializer})
    def create(self, request: Request) -> Response:
        """Ask for access; the answer says whether it was given at once."""
        given = self.checked(NewAccessRequestSerializer)
        key, pk = given.pop("kind"), given.pop("target")
        known = {kind.key: kind for kind in kinds()}
        if key not in known:
            raise ValidationFailed(fields={"kind": [f"Choose one of {', '.join(known)}."]})
        self._reach(known[key])
        user = cast(User, request.user)
        card = selectors.get_card_for(user, key, pk)
        made = services.ask_for_access(user=user, target=card.target, **given)
        return self.shown(Entry(card.kind, made.request), status=201)

    @extend_schema(request=DecisionSerializer, responses=AccessRequestSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Give the role that was asked for."""
        entry = self._found(pk, "decide")
        services.accept_request(actor=self._actor(), request=entry.request, **self._words())
        return self._again(entry)

    @extend_schema(request=DecisionSerializer, responses=AccessRequestSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Reject a request."""
        entry = self._found(pk, "decide")
        services.reject_request(actor=self._actor(), request=entry.request, **self._words())
        return self._again(entry)

    @extend_schema(request=None, responses=AccessRequestSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take the own request back."""
        entry = self._found(pk, "withdraw")
        services.withdraw_request(actor=self._actor(), request=entry.request)
        return self._again(entry)

    def _found(self, pk: str, action: str) -> Entry:
        entry: Entry = self.find(key_of(pk), action)
        self._reach(entry.kind)
        return entry

    def _again(self, entry: Entry) -> Response:
        return self.shown(self.find(entry.request.pk, "view"))

    def _actor(self) -> User:
        return cast(User, self.request.user)

    def _words(self) -> dict[str, Any]:
        return self.checked(DecisionSerializer)

    def _reach(self, kind: Kind) -> None:
        """Refuse a token that does not reach the objects of this kind."""
        token = self.request.auth
        if isinstance(token, Token) and not token.permits(area=kind.area, writing=True):
            raise PermissionDenied(TokenScope.message)
