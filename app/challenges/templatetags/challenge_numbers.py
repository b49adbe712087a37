"""How pages of challenges write numbers: ``{% load challenge_numbers %}``."""

from django import template

from app.execution.contract.limits import readable_seconds

register = template.Library()


@register.filter
def seconds(value: float | None) -> str:
    """A duration for people; a dash where none is known."""
    return "–" if value is None else readable_seconds(round(value, 1)) or "0 s"
