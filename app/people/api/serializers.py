"""Shapes of organizations."""

from typing import Any

from django_countries import countries
from rest_framework import serializers

from app.accounts.models.user import WEB_ADDRESS
from app.core.api.fields import KeyField, LinkField
from app.core.api.pages import PageField, PictureField
from app.people.models import Organization


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    """An organization; ``country`` is its ISO 3166-1 code of two letters, or empty."""

    pk = KeyField(read_only=True)
    logo = PictureField("logo")
    country = serializers.CharField(source="country.code", read_only=True)
    api_url = LinkField("api:organization-detail", source="*", read_only=True)
    url = PageField("people:organization")

    class Meta:
        model = Organization
        fields = (
            "pk",
            "title",
            "slug",
            "logo",
            "description",
            "website",
            "country",
            "api_url",
            "url",
            "created",
            "modified",
        )
        read_only_fields = ("title", "slug", "description", "website", "created", "modified")


class NewOrganizationSerializer(serializers.Serializer[Any]):
    """What an organization is made or changed with."""

    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    website = serializers.CharField(
        max_length=200, required=False, allow_blank=True, validators=[WEB_ADDRESS]
    )
    country = serializers.CharField(max_length=2, required=False, allow_blank=True)

    def validate_country(self, given: str) -> str:
        """Take the codes of ISO 3166-1."""
        if given and given not in countries:
            raise serializers.ValidationError("Give a country's code of two letters, such as NL.")
        return given
