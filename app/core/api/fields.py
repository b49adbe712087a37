"""Fields that the API's serializers share."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.urls import Resolver404, resolve
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.reverse import reverse

MAX_DEPTH = 64
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}


class Constant(serializers.Field[Any, Any, Any, Any]):
    """A key that existing clients require and that has one value here."""

    def __init__(self, value: Any, **kwargs: Any) -> None:
        self.value = value
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        """Look at nothing."""
        return self.value

    def to_representation(self, value: Any) -> Any:
        """Return the value."""
        return value


class LinkField(serializers.Field[Any, Any, Any, Any]):
    """The API address of another object; read from an address, or from the bare key.

    ``view`` is the name of the address. Reading gives the key as text: whether there is such an
    object for this user, its access door says.
    """

    default_error_messages = {"invalid": "Give the API address of an object of this kind."}

    def __init__(self, view: str, **kwargs: Any) -> None:
        self.view = view
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the key that the address names."""
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        try:
            return str(UUID(data))
        except ValueError:
            pass
        try:
            found = resolve(urlsplit(data).path)
        except (Resolver404, ValueError):
            self.fail("invalid")
        if found.view_name != self.view:
            self.fail("invalid")
        return str(found.kwargs["pk"])

    def to_representation(self, value: Any) -> str:
        """Return the address of the object (or of the key)."""
        key = getattr(value, "pk", value)
        return str(reverse(self.view, args=[key], request=self.context.get("request")))


class PlainJSONField(serializers.JSONField):
    """JSON that the database takes: no NUL, no lone surrogates, not nested without end."""

    default_error_messages = {
        "text": "Text may hold neither NUL characters nor lone surrogates.",
        "depth": f"The value is nested deeper than {MAX_DEPTH} levels.",
    }

    def to_internal_value(self, data: Any) -> Any:
        """Check and return the value."""
        found = super().to_internal_value(data)
        self._check(found, 0)
        return found

    def _check(self, value: Any, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.fail("depth")
        if isinstance(value, str):
            if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
                self.fail("text")
        elif isinstance(value, dict):
            for name, inner in value.items():
                self._check(name, depth + 1)
                self._check(inner, depth + 1)
        elif isinstance(value, list):
            for inner in value:
                self._check(inner, depth + 1)


class KeyField(serializers.UUIDField):
    """A UUID as text; clients do not take another type."""

    def to_representation(self, value: Any) -> str:
        """Return the canonical spelling."""
        return str(value)


class _ConstantSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = Constant
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        value = self.target.value
        if value is None:
            return {"type": "null"}
        schema: dict[str, Any] = {"type": _TYPES[type(value)]}
        if isinstance(value, list):
            return {**schema, "items": {}, "maxItems": len(value)}
        return {**schema, "const": value}


class _LinkSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = LinkField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "format": "uri" if direction == "response" else "iri-reference"}


class _PlainJSONSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = PlainJSONField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {}
