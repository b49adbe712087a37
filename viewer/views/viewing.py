"""The page on which an object says how its cases are viewed."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from app.accounts.models import User
from app.core.errors import ValidationFailed
from app.core.forms import add_errors
from viewer import services
from viewer.forms import ViewingForm
from viewer.viewables import viewable_kind


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Choose protocols, what lies in their viewports, and a configuration."""
    found = viewable_kind(kind)
    target = found.find(request.user, pk, "change")
    form = ViewingForm(request.POST or None, target=target)
    if request.method == "POST" and form.is_valid():
        actor = cast(User, request.user)
        try:
            services.change_viewing(actor=actor, target=target, **form.cleaned_data)
        except ValidationFailed as error:
            add_errors(form, error)
        else:
            messages.success(request, "Saved. It holds for whoever opens a case from now on.")
            return redirect("viewer:viewing", kind=kind, pk=pk)
    context = {
        "form": form,
        "target": target,
        "kind": found,
        "page": found.page(target),
        "sockets": found.sockets(target).order_by("title"),
        "protocols": {str(one.pk): one.json for one in form.protocols()},
    }
    return render(request, "viewer/viewing.html", context)
