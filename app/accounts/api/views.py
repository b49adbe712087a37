"""The API of the own account."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.accounts.models import User
from app.core.api.pages import PictureField
from app.core.api.views import Conditional


class UserSerializer(serializers.ModelSerializer[User]):
    """The caller."""

    pk = serializers.IntegerField(read_only=True)

    class Meta:
        model = User
        fields = ("pk", "username", "first_name", "last_name", "email")
        read_only_fields = fields


class ProfileSerializer(serializers.Serializer[Any]):
    """What other people see of the caller."""

    user = UserSerializer(source="*")
    mugshot = PictureField("picture")
    institution = serializers.CharField()
    department = serializers.CharField()
    location = serializers.SerializerMethodField()
    website = serializers.SerializerMethodField()

    def get_location(self, user: User) -> str | None:
        """Return the name of the country."""
        return str(user.country.name) if user.country else None

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_website(self, user: User) -> str | None:
        """Return the website's address."""
        return user.website or None


class SelfView(Conditional, APIView):
    """The caller's own profile."""

    area = "account"

    @extend_schema(responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        """Show the caller's profile."""
        return Response(ProfileSerializer(request.user, context={"request": request}).data)
