"""The API of the inbox, and of subscriptions, of which there are none yet."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from app.core.api.fields import KeyField
from app.core.api.views import Conditional, ResourceViewSet, key_of
from app.core.errors import NotFound
from app.notifications.models import Notification
from app.notifications.selectors import get_notification_for, notifications_for
from app.notifications.services import delete_notification, mark_read


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """A notification."""

    pk = KeyField(read_only=True)
    read = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = ("pk", "kind", "text", "url", "read", "created")
        read_only_fields = fields

    def get_read(self, notification: Notification) -> bool:
        """Tell whether it was read."""
        return notification.read_at is not None


class ReadSerializer(serializers.Serializer[Any]):
    """Whether a notification was read."""

    read = serializers.BooleanField()


class NotificationViewSet(ResourceViewSet[Notification]):
    """The caller's inbox."""

    area = "account"
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    ordering_fields = ("created",)

    def get_queryset(self) -> QuerySet[Notification]:
        """Return the own notifications."""
        return notifications_for(self.request.user)

    def find(self, pk: Any, action: str) -> Notification:
        """Return the notification."""
        return get_notification_for(self.request.user, pk)

    @extend_schema(request=ReadSerializer, responses=NotificationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Mark a notification as read or unread."""
        found = self.find(key_of(pk), "change")
        return self.shown(mark_read(found, read=self.checked(ReadSerializer)["read"]))

    @extend_schema(request=ReadSerializer, responses=NotificationSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Mark a notification as read or unread."""
        return self.partial_update(request, pk)

    def destroy(self, request: Request, pk: str) -> Response:
        """Take a notification out of the inbox."""
        delete_notification(self.find(key_of(pk), "change"))
        return Response(status=204)


class SubscriptionSerializer(serializers.Serializer[Any]):
    """A subscription."""

    pk = serializers.IntegerField()
    flag = serializers.CharField(allow_null=True)


class SubscriptionViewSet(Conditional, viewsets.GenericViewSet[Any]):
    """Subscriptions. Everybody is told of what is their own, so there are none."""

    area = "account"
    serializer_class = SubscriptionSerializer
    filter_backends = ()

    @extend_schema(responses=SubscriptionSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the subscriptions: none."""
        self.paginate_queryset([])  # type: ignore[arg-type]
        return self.get_paginated_response([])

    def retrieve(self, request: Request, pk: str) -> Response:
        """Find no subscription."""
        raise NotFound
