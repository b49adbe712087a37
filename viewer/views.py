"""The viewer's page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from viewer.services import open_session


@login_required
@require_safe
@never_cache
def open_display_set(request: HttpRequest, source: str, pk: UUID) -> HttpResponse:
    """Open a display set: a session, and the page whose script opens its socket."""
    session, view = open_session(user=request.user, source=source, pk=pk)
    path = f"/ws/viewer/{session.pk}/"
    context = {"view": view, "session": session, "socket_url": path}
    return render(request, "viewer/viewer.html", context)
