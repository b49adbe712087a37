"""What the tabs of a challenge show: ``{% load challenge_pages %}``."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.context import Context

from app.challenges.models import ChallengePage
from app.challenges.pages import pages_of

register = template.Library()


@register.simple_tag(takes_context=True)
def readable_pages(context: Context, challenge: Any) -> Iterable[ChallengePage]:
    """The pages of ``challenge`` that whoever looks may read, in their order."""
    request = context.get("request")
    return pages_of(challenge, viewer=request.user) if request is not None else []
