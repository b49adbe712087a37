"""Shapes of access requests."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from app.core.api.fields import KeyField, LinkField
from app.requests.models import AccessMode, AccessRequest
from app.requests.selectors import Entry


class AskableSerializer(serializers.Serializer[Any]):
    """The part of what an object is made or changed with that says how people get in."""

    listed = serializers.BooleanField(required=False)
    access_mode = serializers.ChoiceField(choices=AccessMode.choices, required=False)


class AskerSerializer(serializers.Serializer[Any]):
    """Whoever asks, as the deciding people see them."""

    username = serializers.CharField()
    name = serializers.CharField(source="display_name")
    institution = serializers.CharField()
    verified = serializers.BooleanField(source="is_verified")


class AccessRequestSerializer(serializers.Serializer[Entry]):
    """A request for access."""

    pk = KeyField(source="request.pk")
    api_url = LinkField("api:access-request-detail", source="request")
    url = serializers.SerializerMethodField()
    kind = serializers.CharField(source="kind.key")
    target = KeyField(source="request.target_id")
    title = serializers.CharField(source="request.target.title")
    role = serializers.CharField(source="request.role")
    user = AskerSerializer(source="request.user")
    message = serializers.CharField(source="request.message")
    answers = serializers.SerializerMethodField()
    state = serializers.ChoiceField(source="request.state", choices=AccessRequest.State.choices)
    reason = serializers.CharField(source="request.reason")
    created = serializers.DateTimeField(source="request.created")
    decided_at = serializers.DateTimeField(source="request.decided_at", allow_null=True)
    decided_by = serializers.SerializerMethodField()

    def get_url(self, entry: Entry) -> str:
        """Return the address of the request's page."""
        args = [entry.kind.key, entry.request.pk]
        return str(reverse("requests:detail", args=args, request=self.context.get("request")))

    def get_answers(self, entry: Entry) -> list[dict[str, Any]]:
        """Return the answers to the owners' questions, with the questions as they were asked."""
        return list(getattr(entry.request, "answers", []))

    def get_decided_by(self, entry: Entry) -> str | None:
        """Return the user name of whoever decided; a decision of the access mode has none."""
        decider = entry.request.decided_by
        return decider.username if decider is not None else None


class NewAccessRequestSerializer(serializers.Serializer[Any]):
    """What is asked for: an object by its kind and key, and the role (the usual one if empty)."""

    kind = serializers.CharField(
        max_length=40, help_text="archive, reader-study, algorithm or challenge"
    )
    target = KeyField()
    role = serializers.CharField(max_length=30, required=False, allow_blank=True)
    message = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    answers = serializers.DictField(
        required=False, help_text="Answers to the owners' questions, by the question's key."
    )


class DecisionSerializer(serializers.Serializer[Any]):
    """Words to whoever asked."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)
