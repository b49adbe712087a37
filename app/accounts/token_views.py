"""The pages on which people manage the tokens of their programs."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from app.accounts.models import Token, User
from app.accounts.reauthentication import recent_sign_in_required
from app.accounts.services import IssuedToken, issue_token, revoke_token
from app.accounts.token_policy import TOKENS
from app.core.access import fetch
from app.core.errors import LimitReached
from app.core.pages import list_page
from app.core.telling import teller

DAYS = ((30, "30 days"), (90, "90 days"), (365, "One year"), (0, "Never"))


class TokenForm(forms.Form):
    """What a new token may do, and for how long."""

    name = forms.CharField(max_length=100, help_text="Which program or machine will use it?")
    access = forms.ChoiceField(choices=Token.Access.choices, initial=Token.Access.READ)
    areas = forms.MultipleChoiceField(
        choices=Token.Area.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: everything that you may reach yourself.",
    )
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial=90, label="Expires after")

    def values(self) -> dict[str, Any]:
        """Return the arguments of `issue_token`."""
        data = dict(self.cleaned_data)
        days = data.pop("days")
        data["expires_at"] = timezone.now() + timedelta(days=days) if days else None
        return data


@login_required
def token_list(request: HttpRequest) -> HttpResponse:
    """List the own tokens: what they may do and when they were last used."""
    page = list_page(
        request,
        TOKENS.visible_to(request.user),
        search=("name",),
        sorts=(("-created", "Newest"), ("name", "Name"), ("-last_used_at", "Last used")),
    )
    return render(request, "accounts/tokens.html", {"list": page})


@login_required
@recent_sign_in_required
@never_cache
def create_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, once."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            issued = issue_token(user=cast(User, request.user), **form.values())
        except LimitReached as error:
            form.add_error(None, f"{error.message} {error.advice}")
        else:
            _tell(issued)
            return render(request, "accounts/token_shown.html", {"issued": issued})
    return render(request, "accounts/token_form.html", {"form": form})


@login_required
@require_POST
def end_token(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Revoke a token."""
    token = fetch(TOKENS, user=request.user, pk=pk, action="revoke")
    revoke_token(actor=cast(User, request.user), token=token)
    messages.success(request, f"“{token.name}” opens nothing any more.")
    return redirect("accounts:tokens")


def _tell(issued: IssuedToken) -> None:
    """Warn the owner: whoever makes a token in their place can act for them."""
    teller()(
        user=issued.token.user,
        kind="accounts.security",
        text=f"The API token “{issued.token.name}” was made for your account. "
        "If this was not you, revoke it and change your password.",
        url=reverse("accounts:tokens"),
    )
