"""What the tabs of a challenge show: ``{% load challenge_pages %}``."""

from typing import Any

from django import template
from django.template.context import Context

from app.challenges.sections import Sections, sections_of

register = template.Library()


@register.simple_tag(takes_context=True)
def challenge_sections(context: Context, challenge: Any) -> Sections:
    """The sections of ``challenge`` that whoever looks may open."""
    return sections_of(context["request"].user, challenge)
