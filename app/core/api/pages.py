"""Fields that lead from the API to the site's pages."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse as _path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse


@extend_schema_field(OpenApiTypes.URI)
class PageField(serializers.Field[Any, Any, Any, Any]):
    """The address of the object's page."""

    def __init__(self, view: str, **kwargs: Any) -> None:
        self.view = view
        kwargs.setdefault("source", "*")
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        """Return the absolute address."""
        key = getattr(value, "pk", value)
        return str(reverse(self.view, args=[key], request=self.context.get("request")))


@extend_schema_field(OpenApiTypes.URI)
class LogoField(serializers.Field[Any, Any, Any, Any]):
    """A picture that clients demand of everything: the site's mark."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: Any) -> str:
        """Return the absolute address."""
        return _absolute(static("design/mark.svg"), self.context)


@extend_schema_field(OpenApiTypes.URI)
class PictureField(serializers.Field[Any, Any, Any, Any]):
    """The stable address of a stored picture, else of the site's mark: clients demand one.

    ``name`` is the attribute that identifies the picture (see `app.core.pictures`).
    """

    def __init__(self, name: str, **kwargs: Any) -> None:
        self.name = name
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: Any) -> str:
        """Return the absolute address."""
        pk = getattr(value, self.name)
        if pk is None:
            return _absolute(static("design/mark.svg"), self.context)
        return _absolute(_path("delivery:file", args=["pictures", pk, f"{pk}.webp"]), self.context)


def _absolute(path: str, context: Any) -> str:
    request = context.get("request")
    return str(request.build_absolute_uri(path)) if request else path
