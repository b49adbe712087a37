"""Shapes of archives and their items."""

from typing import Any

from rest_framework import serializers

from app.core.api.fields import KeyField, LinkField
from app.core.api.pages import LogoField, PageField
from app.requests.api.serializers import AskableSerializer
from app.sockets.api.serializers import (
    GivenValuesField,
    SocketValuePostSerializer,
    SocketValueSerializer,
)
from archives.models import Archive, ArchiveItem
from viewer.api.hanging_serializers import ContentField, HangingProtocolSerializer


class ArchiveSerializer(serializers.ModelSerializer[Archive]):
    """An archive."""

    pk = KeyField(read_only=True)
    logo = LogoField()
    api_url = LinkField("api:archive-detail", source="*", read_only=True)
    url = PageField("archives:detail")

    class Meta:
        model = Archive
        fields = (
            "pk",
            "title",
            "slug",
            "logo",
            "description",
            "public",
            "listed",
            "access_mode",
            "api_url",
            "url",
            "created",
            "modified",
        )
        read_only_fields = ("slug", "created", "modified")


class NewArchiveSerializer(AskableSerializer):
    """What an archive is made or changed with."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    public = serializers.BooleanField(required=False)


class _ItemSerializer(serializers.ModelSerializer[ArchiveItem]):
    pk = KeyField(read_only=True)
    archive = LinkField("api:archive-detail", source="archive_id", read_only=True)
    api_url = LinkField("api:archive-item-detail", source="*", read_only=True)
    hanging_protocol = HangingProtocolSerializer(
        source="archive.hanging_protocol", read_only=True, allow_null=True
    )
    optional_hanging_protocols = HangingProtocolSerializer(
        source="archive.optional_hanging_protocols", many=True, read_only=True
    )
    view_content = ContentField(source="archive.view_content", read_only=True)


_FIELDS = (
    "pk",
    "archive",
    "api_url",
    "title",
    "values",
    "hanging_protocol",
    "optional_hanging_protocols",
    "view_content",
)


class ItemSerializer(_ItemSerializer):
    """An item: one case with its values."""

    values = SocketValueSerializer(many=True, read_only=True)

    class Meta:
        model = ArchiveItem
        fields = _FIELDS
        read_only_fields = _FIELDS


class ItemPostSerializer(_ItemSerializer):
    """An item as it is answered to whoever just changed it."""

    values = SocketValuePostSerializer(many=True, read_only=True)

    class Meta:
        model = ArchiveItem
        fields = _FIELDS
        read_only_fields = _FIELDS


class NewItemSerializer(serializers.Serializer[Any]):
    """A case to be added; its values follow by a change."""

    archive = LinkField("api:archive-detail")
    title = serializers.CharField(max_length=190, required=False, allow_blank=True)
    values = GivenValuesField(required=False)


class ItemChangeSerializer(serializers.Serializer[Any]):
    """What is changed of a case."""

    archive = LinkField("api:archive-detail", required=False)
    title = serializers.CharField(max_length=190, required=False, allow_blank=True)
    values = GivenValuesField(required=False)
