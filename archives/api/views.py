"""The API of archives and their items."""

from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.core.api.filters import Filter, KeyFilter
from app.core.api.views import ResourceViewSet, key_of
from app.sockets.api.serializers import given_value
from archives import selectors, services
from archives.api.serializers import (
    ArchiveSerializer,
    ItemChangeSerializer,
    ItemPostSerializer,
    ItemSerializer,
    NewArchiveSerializer,
    NewItemSerializer,
)
from archives.models import Archive, ArchiveItem


class ArchiveViewSet(ResourceViewSet[Archive]):
    """Archives: curated sets of cases."""

    area = "archives"
    queryset = Archive.objects.none()
    serializer_class = ArchiveSerializer
    filters = {"slug": Filter("slug"), "title": Filter("title")}
    ordering_fields = ("title", "created", "modified")

    def get_queryset(self) -> QuerySet[Archive]:
        """Return the visible archives."""
        return selectors.archives_for(self.request.user)

    def find(self, pk: Any, action: str) -> Archive:
        """Return the archive."""
        return selectors.get_archive_for(self.request.user, pk, action=action)

    @extend_schema(request=NewArchiveSerializer, responses={201: ArchiveSerializer})
    def create(self, request: Request) -> Response:
        """Make an archive; the caller is its editor."""
        given = self.checked(NewArchiveSerializer)
        archive = services.create_archive(actor=cast(User, request.user), **given)
        return self.shown(archive, status=201)

    @extend_schema(request=NewArchiveSerializer, responses=ArchiveSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change an archive."""
        archive = self.find(key_of(pk), "change")
        given = self.checked(NewArchiveSerializer, partial=True)
        return self.shown(
            services.update_archive(actor=cast(User, request.user), archive=archive, **given)
        )


class ItemViewSet(ResourceViewSet[ArchiveItem]):
    """Archive items: the cases, each a set of values for sockets."""

    area = "archives"
    queryset = ArchiveItem.objects.none()
    serializer_class = ItemSerializer
    filters = {"archive": KeyFilter("archive"), "title": Filter("title")}
    ordering_fields = ("title", "created")

    def get_queryset(self) -> QuerySet[ArchiveItem]:
        """Return the items of visible archives."""
        return selectors.items_for(self.request.user)

    def find(self, pk: Any, action: str) -> ArchiveItem:
        """Return the item."""
        return selectors.get_item_for(self.request.user, pk, action=action)

    @extend_schema(request=NewItemSerializer, responses={201: ItemPostSerializer})
    @transaction.atomic
    def create(self, request: Request) -> Response:
        """Add a case to an archive."""
        given = self.checked(NewItemSerializer)
        actor = cast(User, request.user)
        archive = selectors.get_archive_for(actor, key_of(given["archive"]), action="upload")
        item = services.add_item(
            actor=actor, archive=archive, title=given.get("title", ""), values=()
        )
        return self._changed(item, given, status=201)

    @extend_schema(request=ItemChangeSerializer, responses=ItemPostSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change a case; sockets that are not given keep their values."""
        item = self.find(key_of(pk), "upload")
        return self._changed(item, self.checked(ItemChangeSerializer))

    @extend_schema(request=ItemChangeSerializer, responses=ItemPostSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Change a case; sockets that are not given lose their values."""
        item = self.find(key_of(pk), "upload")
        given = self.checked(ItemChangeSerializer)
        return self._changed(item, given, replace_all="values" in given)

    def _changed(
        self,
        item: ArchiveItem,
        given: dict[str, Any],
        *,
        replace_all: bool = False,
        status: int = 200,
    ) -> Response:
        actor = cast(User, self.request.user)
        services.change_item(
            actor=actor,
            item=item,
            title=given.get("title"),
            given=[given_value(actor, value) for value in given.get("values", ())],
            replace_all=replace_all,
        )
        return self.shown(self.find(item.pk, "view"), status=status, by=ItemPostSerializer)
