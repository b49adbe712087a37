"""What belongs to the API as a whole."""

import zoneinfo
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from app.core.api.views import Conditional

NEWEST_CLIENT = "0.16.1"
OLDEST_CLIENT = "0.13.0"


class HandshakeSerializer(serializers.Serializer[Any]):
    """The versions of gcapi, the Python client, that work here."""

    latest_version = serializers.CharField()
    lowest_supported_version = serializers.CharField()


class HandshakeView(Conditional, APIView):
    """Asked by gcapi before anything else."""

    permission_classes = (AllowAny,)
    authentication_classes = ()

    @extend_schema(responses=HandshakeSerializer)
    def get(self, request: Request) -> Response:
        """Name the versions of the Python client that work here."""
        return Response(
            {"latest_version": NEWEST_CLIENT, "lowest_supported_version": OLDEST_CLIENT}
        )


class TimezoneSerializer(serializers.Serializer[Any]):
    """A time zone by its name, such as Europe/Amsterdam."""

    timezone = serializers.ChoiceField(choices=sorted(zoneinfo.available_timezones()))


class TimezoneView(APIView):
    """The time zone of a browser session."""

    area = "account"

    @extend_schema(request=TimezoneSerializer, responses=TimezoneSerializer)
    def post(self, request: Request) -> Response:
        """Remember the caller's time zone for the session."""
        given = TimezoneSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        request._request.session["timezone"] = given.validated_data["timezone"]
        return Response(given.validated_data)
