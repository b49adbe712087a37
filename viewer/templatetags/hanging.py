"""Tags that show hanging protocols."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from viewer.hanging import svg_icon
from viewer.models import HangingProtocol

register = template.Library()


@register.simple_tag
def protocol_icon(protocol: HangingProtocol, size: int = 48) -> SafeString:
    """Return the viewports as a picture, ``size`` pixels wide."""
    drawn = svg_icon(protocol.json, width=size)
    count = len(protocol.json)
    words = "one viewport" if count == 1 else f"{count} viewports"
    # The drawing holds numbers alone.
    return format_html(
        '<span class="protocol-icon" role="img" aria-label="{}">{}</span>',
        words,
        mark_safe(drawn),  # noqa: S308
    )


@register.simple_tag
def like_url(protocol: HangingProtocol) -> str:
    """Return where a new protocol begins with the viewports of this one."""
    return f"{reverse('viewer:create_protocol')}?like={protocol.pk}"
