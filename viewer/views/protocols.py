"""Pages of hanging protocols."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from app.accounts.models import User
from app.core.access import fetch
from app.core.errors import NotFound, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page
from viewer import services
from viewer.forms import ProtocolForm
from viewer.models import HangingProtocol
from viewer.policies import PROTOCOLS
from viewer.services.hanging import UNVERIFIED


@login_required
@require_safe
def protocol_list(request: HttpRequest) -> HttpResponse:
    """List the hanging protocols of everybody."""
    page = list_page(
        request,
        PROTOCOLS.visible_to(request.user).select_related("creator"),
        search=("title", "description", "slug"),
        sorts=(("title", "Title"), ("-created", "Newest")),
    )
    context = {"list": page, "can_create": PROTOCOLS.may_create(request.user)}
    return render(request, "viewer/protocols.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a hanging protocol as a picture and as JSON."""
    protocol = fetch(PROTOCOLS, user=request.user, pk=pk)
    can_change = PROTOCOLS.allows(request.user, protocol, "change")
    return render(request, "viewer/protocol.html", {"protocol": protocol, "can_change": can_change})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a hanging protocol, perhaps beginning with the viewports of another one."""
    if not PROTOCOLS.may_create(request.user):
        raise NotFound(UNVERIFIED, advice="Ask to be verified on the page of your profile.")
    form = ProtocolForm(request.POST or None, initial=_beginning(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_protocol(actor=cast(User, request.user), **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "The hanging protocol is made. Everybody can use it.")
            return redirect(made)
    return render(request, "viewer/protocol_form.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a hanging protocol."""
    protocol = fetch(PROTOCOLS, user=request.user, pk=pk, action="change")
    now = {name: getattr(protocol, name) for name in ("title", "description", "json")}
    form = ProtocolForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            services.change_protocol(actor=actor, protocol=protocol, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Saved. Whoever opens a case now sees it the new way.")
            return redirect(protocol)
    return render(request, "viewer/protocol_form.html", {"form": form, "protocol": protocol})


@login_required
@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a hanging protocol that is not in use."""
    protocol = fetch(PROTOCOLS, user=request.user, pk=pk, action="change")
    services.delete_protocol(actor=cast(User, request.user), protocol=protocol)
    messages.success(request, f"“{protocol.title}” is deleted.")
    return redirect("viewer:protocols")


def _beginning(request: HttpRequest) -> dict[str, object]:
    """Return what a new protocol begins with: one viewport, or those of ``?like=``."""
    try:
        like: HangingProtocol | None = fetch(
            PROTOCOLS, user=request.user, pk=request.GET.get("like", "")
        )
    except NotFound:
        like = None
    return {"json": like.json if like else [{"viewport_name": "main"}]}
