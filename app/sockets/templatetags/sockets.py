"""Values of sockets on pages: ``{% load sockets %}{% socket_value value %}``."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from app.delivery.services import file_url, signed_url_for
from app.sockets.display import shown_data, written_json
from app.sockets.models import SocketValue
from app.sockets.schemas import Display, SocketKind

register = template.Library()


@register.simple_tag
def socket_value(value: SocketValue) -> SafeString:
    """Show a value that the reader may see: a number, table, chart, picture, file or image.

    Fetch values with their ``socket`` and their images' files; this asks for nothing more.
    """
    kind = value.socket.socket_kind
    context: dict[str, Any] = {"value": value, "kind": kind}
    if value.has_value:
        context["data"] = shown_data(value.value, kind=kind)
    elif value.file_key:
        context |= _file(value, kind)
    return render_to_string("sockets/value.html", context)


@register.simple_tag
def socket_data(data: Any, kind: SocketKind) -> SafeString:
    """Show JSON as a value of ``kind`` would be shown; for examples and previews."""
    return render_to_string(
        "sockets/value.html", {"data": shown_data(data, kind=kind), "kind": kind, "example": True}
    )


@register.filter
def value_json(value: Any) -> str:
    """Return an example or a schema as JSON that people can read."""
    return written_json(value)


def _file(value: SocketValue, kind: SocketKind) -> dict[str, Any]:
    number = value.file_key.removeprefix("values/").split(".", 1)[0]
    shown: dict[str, Any] = {
        "file_url": file_url(
            kind="values",
            pk=number,  # type: ignore[arg-type]
            filename=value.socket.filename,
        )
    }
    if kind.display is Display.PICTURE:
        shown["picture_url"] = signed_url_for(
            value.file_key, content_type=kind.content_type, inline=True, expires_in=3600
        )
    return shown
