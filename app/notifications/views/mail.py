"""The administrators' page of the portal's mail."""

from uuid import UUID

from csp.decorators import csp
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.audit.services import record
from app.core.errors import NotFound
from app.core.pages import list_page
from app.notifications.models import OutgoingMail
from app.notifications.policies import OUTGOING_MAIL
from app.notifications.selectors import get_outgoing_mail_for, outgoing_mail_for
from app.notifications.services import retry_mail

HARMLESS = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": ["'self'"],
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
    "sandbox": True,
}
"""The policy of a message shown as HTML: its own styles, and nothing that runs or loads."""


@login_required
def mail_list(request: HttpRequest) -> HttpResponse:
    """List the portal's mail, newest first."""
    if not OUTGOING_MAIL.lists(request.user):
        raise NotFound
    found = outgoing_mail_for(request.user)
    state = request.GET.get("state", "")
    if state not in OutgoingMail.State.values:
        state = ""
    if state:
        found = found.filter(state=state)
    page = list_page(
        request,
        found,
        search=("subject", "recipients", "reason"),
        sorts=(("-created", "Newest"), ("created", "Oldest"), ("-attempts", "Attempts")),
        chosen={"state": state},
    )
    states = [("", "Every state"), *OutgoingMail.State.choices]
    context = {"list": page, "states": states, "has_transport": bool(settings.EMAIL_URL)}
    return render(request, "notifications/mail_list.html", context)


@login_required
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one message; that somebody read it is recorded."""
    mail = get_outgoing_mail_for(request.user, pk)
    record("notifications.mail.opened", obj=mail, actor=request.user)
    context = {"mail": mail, "has_transport": bool(settings.EMAIL_URL)}
    return render(request, "notifications/mail_detail.html", context)


@login_required
@xframe_options_sameorigin
@csp(HARMLESS)  # type: ignore[arg-type]  # its types know no arguments of addresses
def html(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer a message's HTML as a mail program shows it, for a frame in its page."""
    mail = get_outgoing_mail_for(request.user, pk)
    return HttpResponse(mail.html())


@login_required
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send a message again that failed or was kept."""
    mail = get_outgoing_mail_for(request.user, pk, action="retry")
    assert isinstance(request.user, User)
    retry_mail(actor=request.user, mail=mail)
    messages.success(request, "The message is on its way.")
    return redirect("notifications:message", pk=mail.pk)
