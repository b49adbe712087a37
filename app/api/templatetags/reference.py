"""How the reference shows words and methods."""

import json
import re
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_CODE = re.compile(r"``([^`]+)``")
_TONES = {"GET": "info", "POST": "success", "PUT": "warning", "PATCH": "warning"}


@register.filter
def says(text: str) -> SafeString:
    """Show a description: what stands between double backticks is code."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S308 -- escaped first


@register.filter
def method_tone(method: str) -> str:
    """Return the tone of a method's badge."""
    return _TONES.get(method, "danger")


@register.filter
def as_json(value: Any) -> str:
    """Show an example body."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def breakable(path: str) -> SafeString:
    """Let an address break after its slashes, where a line is short."""
    return mark_safe(str(escape(path)).replace("/", "/<wbr>"))  # noqa: S308 -- escaped first
