"""The view set that the API's resources are made of: thin, through the access doors."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer

from app.core.api.filters import Filter
from app.core.errors import NotFound

M = TypeVar("M", bound=Model)
_LARGEST = 2**63 - 1


class Conditional:
    """Lets readers ask "has it changed?"; answers are the asker's own. A mix-in for API views."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Give answers to GET an ETag, and nothing where the reader has it already."""
        final = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if isinstance(final, Response) and request.method in ("GET", "HEAD"):
            patch_cache_control(final, private=True, no_cache=True)
            patch_vary_headers(final, ("Authorization", "Cookie"))
            if final.status_code == 200:
                final.add_post_render_callback(lambda done: _unless_unchanged(request, done))
        return final


class ResourceViewSet(Conditional, mixins.ListModelMixin, viewsets.GenericViewSet[M]):
    """A list and its objects.

    Subclasses give ``get_queryset`` (a selector's list) and `find` (the access door), and name
    the ``area`` that a token must reach.
    """

    area: ClassVar[str] = ""
    filters: ClassVar[Mapping[str, Filter]] = {}
    ordering_fields: ClassVar[tuple[str, ...]] = ()

    def find(self, pk: Any, action: str) -> M:
        """Return the object if the user may do ``action`` with it, else raise `NotFound`."""
        raise NotImplementedError

    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one."""
        return self.shown(self.find(key_of(pk), "view"))

    def shown(
        self, obj: Any, *, status: int = 200, by: type[BaseSerializer[Any]] | None = None
    ) -> Response:
        """Answer with one object."""
        serializer = by or self.get_serializer_class()
        return Response(serializer(obj, context=self.get_serializer_context()).data, status=status)

    def checked(self, by: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """Return what the request gives, checked by a serializer."""
        given = by(data=self.request.data, partial=partial, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        found: dict[str, Any] = given.validated_data
        return found


def key_of(given: Any) -> UUID:
    """Return a UUID from an address, or raise `NotFound` as for a missing object."""
    try:
        return given if isinstance(given, UUID) else UUID(str(given))
    except ValueError:
        raise NotFound from None


def number_of(given: Any) -> int:
    """Return an integer key from an address, or raise `NotFound`."""
    try:
        number = int(str(given))
    except ValueError:
        raise NotFound from None
    if not 0 <= number <= _LARGEST:
        raise NotFound
    return number


def _unless_unchanged(request: Request, response: Any) -> Any:
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    answer = get_conditional_response(request._request, etag=etag, response=response)
    return None if answer is response else answer
