"""The pages of the reference, and the way from them to an answer."""

from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from app.api.published import published_reference
from app.api.reference import Operation
from app.core.errors import NotFound

_MAX_QUERY = 200


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show every operation by area, or those that match a search."""
    query = request.GET.get("q", "")[:_MAX_QUERY].strip()
    areas = published_reference().areas(query)
    count = sum(len(area.operations) for area in areas)
    context = {"areas": areas, "query": query, "count": count, "root": settings.SITE_URL}
    return render(request, "api/reference.html", context)


@require_safe
def operation(request: HttpRequest, key: str) -> HttpResponse:
    """Show one operation: parameters, body, replies, a command, and a way to try it."""
    found = _find(key)
    area = next(one for one in published_reference().areas() if one.key == found.area)
    context = {
        "operation": found,
        "area": area,
        "command": found.command(settings.SITE_URL),
    }
    return render(request, "api/operation.html", context)


@require_safe
def try_operation(request: HttpRequest, key: str) -> HttpResponse:
    """Lead to the operation's address with the given parameters filled in; empty ones are left out.

    The API answers as to any other request of this browser: it asks who is signed in by itself.
    """
    found = _find(key)
    if not found.can_be_tried:
        raise NotFound
    path, query = found.path, {}
    for parameter in found.parameters:
        given = request.GET.get(parameter.name, "").strip()
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(given or "-", safe=""))
        elif given:
            query[parameter.name] = given
    return HttpResponseRedirect(f"{path}?{urlencode(query)}" if query else path)


def _find(key: str) -> Operation:
    found = published_reference().operations.get(key)
    if found is None:
        raise NotFound
    return found
