"""What the running portal publishes of its API: the OpenAPI document, and the reference from it.

Addresses do not change while the portal runs, and making the document takes seconds, which anybody
could ask for again and again: it is made once.
"""

from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from app.api.reference.operations import Reference, read_schema


@lru_cache(maxsize=1)
def published_reference() -> Reference:
    """Return the reference."""
    return read_schema(published_schema())


@lru_cache(maxsize=1)
def published_schema() -> dict[str, Any]:
    """Return the OpenAPI document, which is the same for everybody."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


class SchemaView(SpectacularAPIView):
    """The OpenAPI document as YAML or JSON, by content negotiation."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the document."""
        renderer = request.accepted_renderer
        content = _rendered(renderer.format)
        name = f'inline; filename="hounsfield-api.{renderer.format}"'
        return HttpResponse(
            content, content_type=renderer.media_type, headers={"Content-Disposition": name}
        )


@lru_cache(maxsize=2)
def _rendered(name: str) -> str | bytes:
    renderer = next(one for one in SchemaView.renderer_classes if one.format == name)
    found: str | bytes = renderer().render(published_schema(), renderer_context={})
    return found
