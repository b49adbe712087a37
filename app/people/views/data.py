"""The own data: a copy of it, and the end of the account.

Each verb is a view of its own, so that those that need a fresh proof of who is asking can be
decorated.
"""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.accounts.reauthentication import recent_sign_in_required
from app.core.errors import Conflict, NotFound
from app.delivery.services import file_url
from app.people import selectors, services
from app.people.forms import DeletionForm
from app.people.models import PersonalExport
from app.people.services.deletion import GRACE
from app.people.services.exports import KEPT


@login_required
def data(request: HttpRequest) -> HttpResponse:
    """Show what can be done with the own data."""
    user = cast(User, request.user)
    export = PersonalExport.objects.filter(user=user).order_by("-created").first()
    ready = export is not None and export.state == PersonalExport.State.READY
    context = {
        "export": export,
        "download_url": _download_url(export) if export and ready else "",
        "kept_days": KEPT.days,
        "grace_days": GRACE.days,
        "deletion": selectors.deletion_under_way(user),
        "sole_charges": selectors.sole_charges(user),
    }
    return render(request, "people/data.html", context)


@login_required
@require_POST
@recent_sign_in_required
def start_export(request: HttpRequest) -> HttpResponse:
    """Have a copy of everything made."""
    try:
        services.request_export(user=cast(User, request.user))
    except Conflict as error:
        messages.info(request, f"{error.message} {error.advice}")
    else:
        messages.success(request, "Your data is being put together. Your inbox will tell.")
    return redirect("people:data")


@login_required
@require_POST
@recent_sign_in_required
def delete_account(request: HttpRequest) -> HttpResponse:
    """Delete the own account in two weeks, after its user name was typed."""
    user = cast(User, request.user)
    form = DeletionForm(request.POST, user=user)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["confirm"])))
        return redirect("people:data")
    try:
        deletion = services.request_deletion(user=user)
    except Conflict as error:
        messages.error(request, f"{error.message} {error.advice}")
    else:
        messages.success(request, f"Your account will be deleted on {deletion.due_at:%-d %B %Y}.")
    return redirect("people:data")


@login_required
@require_POST
def keep_account(request: HttpRequest) -> HttpResponse:
    """Take the wish to delete the account back."""
    user = cast(User, request.user)
    deletion = selectors.deletion_under_way(user)
    if deletion is None:
        raise NotFound
    services.cancel_deletion(user=user, deletion=deletion)
    messages.success(request, "Your account stays. Nothing was deleted.")
    return redirect("people:data")


def _download_url(export: PersonalExport) -> str:
    return file_url(kind="personal-data", pk=export.pk, filename=export.filename)
