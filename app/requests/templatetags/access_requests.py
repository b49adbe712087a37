"""What the pages of objects show of requests: ``{% load access_requests %}``."""

from typing import Any

from django import template
from django.template.context import Context

from app.requests import selectors
from app.requests.registry import kind_of

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_requests(context: Context, target: Any) -> int | None:
    """How many requests for ``target`` wait for this user; nothing where there are none."""
    if not _manages(context, target):
        return None
    return selectors.waiting_for(target).count() or None


@register.inclusion_tag("requests/_waiting.html", takes_context=True)
def people_requests(context: Context, target: Any) -> dict[str, Any]:
    """The open requests for ``target``, to those who decide them."""
    request = context.get("request")
    kind = kind_of(target)
    rows = list(selectors.waiting_for(target)[:100]) if _manages(context, target) else []
    return {
        "entries": [selectors.Entry(kind, row) for row in rows],
        "csrf_token": context.get("csrf_token", ""),
        "next": request.get_full_path() if request else "",
    }


@register.inclusion_tag("requests/_ask.html", takes_context=True)
def ask_button(context: Context, target: Any) -> dict[str, Any]:
    """The way to ask, for who sees an object and could have more; or how the request stands."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.is_superuser:
        return {}
    kind = kind_of(target)
    held = kind.policy.role_of(user, target)
    choices = selectors.askable_roles(kind, target, held=held)
    if held or not choices:
        return {}
    own = selectors.waiting_for(target).filter(user=user).first()
    return {"kind": kind, "target": target, "own": own, "csrf_token": context.get("csrf_token")}


def _manages(context: Context, target: Any) -> bool:
    request = context.get("request")
    user = getattr(request, "user", None)
    return user is not None and kind_of(target).policy.allows(user, target, "manage")
