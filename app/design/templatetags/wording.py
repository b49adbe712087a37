"""Sentences that hold code, as `docker save`, on pages: ``{% load wording %}``."""

import re
from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from app.design.units import memory_words

register = template.Library()
_CODE = re.compile(r"`([^`]+)`")


@register.filter
def with_code(text: object) -> SafeString:
    """Return a sentence with what stands in backticks set as code; everything is escaped."""
    parts = _CODE.split(str(text or ""))
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<code>{}</code>", part) if index % 2 else part,)
            for index, part in enumerate(parts)
        ),
    )


@register.filter
def commands(text: object) -> list[str]:
    """Return the commands in a sentence: code of more than one word."""
    return [code for code in _CODE.findall(str(text or "")) if " " in code]


@register.filter
def day_of(text: object) -> str:
    """``2020-01-31T12:00:00Z`` as ``31 January 2020``; anything else as it is."""
    words = str(text or "")
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return words
    return date_format(moment, "j F Y")


register.filter("memory_words", memory_words)
