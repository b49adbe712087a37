"""The living style guide: every component in every state, for staff and for development."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from app.core.errors import LimitReached, NotFound
from app.design import samples
from app.design.components.states import LOOKS
from app.design.icons import all_icons

ERROR_PAGES = ("400", "403", "403_csrf", "404", "500")


def _require_reader(request: HttpRequest) -> None:
    """The guide is for staff, and for everybody where the site is being developed."""
    if not (settings.DEBUG or request.user.is_staff):
        raise NotFound


def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every component in every state."""
    _require_reader(request)
    context = {
        **samples.context(request),
        "states": sorted(LOOKS),
        "modalities": (("", "All"), ("CT", "CT"), ("MR", "MR")),
        "icons": sorted(all_icons()),
        "error_pages": ERROR_PAGES,
    }
    return render(request, "design/style_guide.html", context)


def dark_shell(request: HttpRequest) -> HttpResponse:
    """Show the reading room's colors."""
    _require_reader(request)
    return render(request, "design/dark_guide.html", samples.context(request))


def error_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one of the error pages."""
    _require_reader(request)
    if code == "problem":
        error = LimitReached(
            "You have used all 3 submissions of this phase for today.",
            advice="Submit again tomorrow, or ask the organizers for a higher limit.",
        )
        return render(request, "design/problem.html", {"error": error}, status=error.status)
    if code not in ERROR_PAGES:
        raise NotFound
    return render(request, f"{code}.html", status=int(code[:3]))
