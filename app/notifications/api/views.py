"""The API of the inbox, and of which news is mailed."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from app.accounts.models import User
from app.core.api.fields import KeyField
from app.core.api.filters import Filter, YesNoFilter
from app.core.api.views import Conditional, ResourceViewSet, key_of, number_of
from app.notifications.models import Notification
from app.notifications.selectors import (
    Subscription,
    get_notification_for,
    get_subscription_for,
    notifications_for,
    subscriptions_of,
)
from app.notifications.services import choose_mail, delete_notification, mark_read


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


def _by_read(queryset: QuerySet[Any], value: Any, user: Any) -> QuerySet[Any]:
    return queryset.filter(read_at__isnull=not value)


class NotificationViewSet(ResourceViewSet[Notification]):
    """The caller's inbox."""

    area = "account"
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filters = {
        "read": YesNoFilter(says="Only those that were read, or were not.", narrow=_by_read),
        "kind": Filter("kind"),
    }
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
    """Whether the caller is mailed one kind of news: the flag is ``mail`` or ``inbox``."""

    pk = serializers.IntegerField()
    flag = serializers.CharField(allow_null=True)
    kind = serializers.CharField(source="kind.key")
    title = serializers.CharField(source="kind.title")


class FlagSerializer(serializers.Serializer[Any]):
    """Where a kind of news goes: to the inbox only, or by e-mail, too."""

    flag = serializers.ChoiceField(choices=("mail", "inbox"))


class SubscriptionViewSet(Conditional, viewsets.GenericViewSet[Any]):
    """The kinds of news, and which of them the caller gets by e-mail."""

    area = "account"
    serializer_class = SubscriptionSerializer
    filter_backends = ()

    @extend_schema(responses=SubscriptionSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the kinds of news, by title."""
        found = subscriptions_of(self._caller())
        shown = self.paginate_queryset(found)  # type: ignore[arg-type]
        return self.get_paginated_response(SubscriptionSerializer(shown, many=True).data)

    @extend_schema(responses=SubscriptionSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one kind."""
        return Response(SubscriptionSerializer(self._found(pk)).data)

    @extend_schema(request=FlagSerializer, responses=SubscriptionSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Turn e-mail of a kind on or off; that about the account's security stays on."""
        found = self._found(pk)
        given = FlagSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        mail = given.validated_data["flag"] == "mail"
        choose_mail(user=self._caller(), kind=found.kind, mail=mail)
        return Response(SubscriptionSerializer(Subscription(found.kind, mail)).data)

    @extend_schema(request=FlagSerializer, responses=SubscriptionSerializer)
    def update(self, request: Request, pk: str) -> Response:
        """Turn e-mail of a kind on or off; that about the account's security stays on."""
        return self.partial_update(request, pk)

    def _caller(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def _found(self, pk: str) -> Subscription:
        return get_subscription_for(self._caller(), number_of(pk))
