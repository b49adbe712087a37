"""Shapes of declared designs in the API."""

from typing import Any

from rest_framework import serializers


class DeclaredSerializer(serializers.Serializer[Any]):
    """One design: when it was frozen, the answers in force, and every version."""

    frozen_at = serializers.DateTimeField(allow_null=True)
    current = serializers.IntegerField(allow_null=True)
    document = serializers.DictField()
    versions = serializers.ListField(child=serializers.DictField())


class PhaseDesignSerializer(serializers.Serializer[Any]):
    """What a phase declares of its own."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    design = DeclaredSerializer()


class DesignsSerializer(serializers.Serializer[Any]):
    """The designs of a challenge and its phases."""

    format = serializers.CharField()
    challenge = serializers.DictField()
    design = DeclaredSerializer()
    phases = PhaseDesignSerializer(many=True)


class NewDesignSerializer(serializers.Serializer[Any]):
    """A design to declare; ``base`` is the number of the version that was edited."""

    document = serializers.DictField()
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    base = serializers.IntegerField(min_value=0, max_value=2_147_483_647, required=False)
