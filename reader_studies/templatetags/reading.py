"""Filters of reader studies."""

from django import template

from reader_studies.models import Question
from reader_studies.views.panel import limits_of

register = template.Library()


@register.filter
def answer_limits(question: Question) -> str:
    """Say what an answer has to be, without the full stop."""
    return limits_of(question).rstrip(".").lower()
