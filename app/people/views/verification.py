"""Asking to be verified, and the review of such requests."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from app.accounts.models import User
from app.core.errors import Conflict, PortalError, ValidationFailed
from app.core.forms import add_errors
from app.core.pages import list_page
from app.people import selectors, services
from app.people.addresses import is_free_mail
from app.people.forms import ReasonForm, VerificationForm
from app.people.models import Verification

State = Verification.State


@login_required
def verification(request: HttpRequest) -> HttpResponse:
    """Show where the own verification stands, and ask for it."""
    user = cast(User, request.user)
    own = "" if is_free_mail(user.email) else user.email
    form = VerificationForm(request.POST or None, initial={"email": own})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.request_verification(user=user, email=form.cleaned_data["email"])
        except ValidationFailed as error:
            add_errors(form, error)
        except Conflict as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, _asked(made))
            return redirect("people:verification")
    context = {
        "form": form,
        "own_is_confirmed": own.lower() in selectors.confirmed_addresses(user),
        "latest": selectors.latest_verification(user),
        "days": services.verification.LINK_LIFETIME.days,
    }
    return render(request, "people/verification.html", context)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the own request back."""
    found = selectors.get_verification_for(request.user, pk, action="withdraw")
    services.withdraw_verification(actor=cast(User, request.user), verification=found)
    messages.success(request, "Your request is withdrawn.")
    return redirect("people:verification")


@login_required
@never_cache
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Prove an address by the link that was sent to it.

    Opening the link only shows a button, because mail programs open links by themselves.
    """
    user = cast(User, request.user)
    if request.method != "POST":
        found = services.verification_of_token(user, token)
        return render(request, "people/confirm_verification.html", {"verification": found})
    try:
        services.confirm_verification(user=user, token=token)
    except ValidationFailed as error:
        messages.error(request, " ".join(error.fields.get("email", [error.message])))
    else:
        messages.success(request, "Your address is confirmed. Now a reviewer looks at it.")
    return redirect("people:verification")


@login_required
def review_list(request: HttpRequest) -> HttpResponse:
    """List who asks to be verified, those who wait first."""
    page = list_page(
        request,
        selectors.review_queue(request.user),
        search=(
            "user__username",
            "user__first_name",
            "user__last_name",
            "user__institution",
            "email",
            "state",
        ),
        sorts=(
            ("-created", "Newest"),
            ("created", "Oldest"),
            ("state", "State"),
            ("user__last_name", "Name"),
            ("user__institution", "Institution"),
        ),
    )
    waiting = selectors.review_queue(request.user).filter(state=State.PENDING_REVIEW).count()
    return render(
        request, "people/review_list.html", {"list": page, "waiting": f"{waiting} waiting"}
    )


@login_required
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one request with what speaks for it, and decide."""
    found = selectors.get_verification_for(request.user, pk, action="review")
    context = {"verification": found, "person": found.user, "form": ReasonForm()}
    return render(request, "people/review.html", context)


@login_required
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Verify the person."""
    found = selectors.get_verification_for(request.user, pk, action="review")
    services.accept_verification(actor=cast(User, request.user), verification=found)
    messages.success(request, f"{found.user.display_name} is verified.")
    return redirect("people:review_list")


@login_required
@require_POST
def decline(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Reject a request, or undo an acceptance; either needs a reason."""
    found = selectors.get_verification_for(request.user, pk, action="review")
    form = ReasonForm(request.POST)
    if form.is_valid():
        decided = {
            "reject": services.reject_verification,
            "revoke": services.revoke_verification,
        }[verb]
        reason = form.cleaned_data["reason"]
        try:
            decided(actor=cast(User, request.user), verification=found, reason=reason)
        except PortalError as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            messages.success(request, f"{found.user.display_name} is told why.")
            return redirect("people:review_list")
    context = {"verification": found, "person": found.user, "form": form}
    return render(request, "people/review.html", context)


def _asked(verification: Verification) -> str:
    if verification.state == State.PENDING_REVIEW:
        return "Your request is with the reviewers. You will find the answer in your inbox."
    return f"A link is on its way to {verification.email}. Open it to go on."
