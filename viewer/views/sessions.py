"""The viewer's page, and the list of what one has open."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from app.accounts.models import User
from app.core.pages import list_page
from viewer import selectors
from viewer.arranging import arrangement_for, values_beside
from viewer.services import open_session, stop_session
from viewer.services.placing import Whereabouts
from viewer.services.sessions import STOPPED_BY_READER
from viewer.services.tickets import address_for


@login_required
@require_safe
@never_cache
def open_display_set(request: HttpRequest, source: str, pk: UUID) -> HttpResponse:
    """Open a display set: a session, and the page whose script opens its socket."""
    where = Whereabouts(
        region=request.GET.get("region", "")[:40], address=request.META.get("REMOTE_ADDR") or ""
    )
    session, view = open_session(user=request.user, source=source, pk=pk, whereabouts=where)
    address = address_for(
        session,
        browser_session=request.session.session_key or "",
        with_cookie=True,
        whereabouts=where,
    )
    context = {
        "view": view,
        "session": session,
        "address": address,
        "arrangement": arrangement_for(request.user, view, session=session),
        "values": values_beside(view),
    }
    return render(request, "viewer/viewer.html", context)


@login_required
@require_safe
@never_cache
def session_list(request: HttpRequest) -> HttpResponse:
    """List what the reader has open, and what was open in the last day."""
    page = list_page(
        request,
        selectors.recent_sessions(request.user),
        search=(),
        sorts=(("-created", "Opened"), ("-modified", "Last used")),
        size=20,
    )
    rows = selectors.session_rows(page.items, user=request.user)
    return render(request, "viewer/sessions.html", {"list": page, "rows": rows})


@login_required
@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop one of the reader's sessions: its sockets close within seconds."""
    session = selectors.get_session_for(request.user, pk)
    stop_session(session, reason=STOPPED_BY_READER, actor=cast(User, request.user))
    messages.success(request, "The session is stopped. Its windows close their picture.")
    return redirect("viewer:sessions")
