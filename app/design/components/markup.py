"""The two ways every component makes markup: attributes from keywords, and templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from app.design.icons import icon_body


def attributes(values: Mapping[str, Any]) -> SafeString:
    """Write HTML attributes, each after a space: ``hx_post`` becomes ``hx-post``.

    ``None`` and ``False`` leave an attribute out, ``True`` writes it bare, everything else is
    escaped. A trailing underscore lets Python's words through (``for_``).
    """
    return mark_safe(  # noqa: S308 - joined from escaped parts
        "".join(
            _attribute(name.rstrip("_").replace("_", "-"), value)
            for name, value in values.items()
            if value is not None and value is not False
        )
    )


def _attribute(name: str, value: Any) -> str:
    shown = conditional_escape(name)
    return f" {shown}" if value is True else f' {shown}="{conditional_escape(value)}"'


def component(name: str, **context: Any) -> SafeString:
    """Render ``design/components/<name>.html`` with nothing but the given context."""
    return render_to_string(f"design/components/{name}.html", context)


@lru_cache(maxsize=1024)
def icon(name: str, *, size: int = 18, label: str = "", css: str = "") -> SafeString:
    """Draw an icon: decoration by default, an image with a name where ``label`` is given."""
    role = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon{}" {} focusable="false" width="{}" height="{}" viewBox="0 0 24 24" '
        'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
        'stroke-linejoin="round">{}</svg>',
        f" {css}" if css else "",
        role,
        size,
        size,
        mark_safe(icon_body(name)),  # noqa: S308 - committed drawings, never input
    )
