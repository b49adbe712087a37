"""The sign-in page, and the page on how an account is secured."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import LoginView, LogoutView
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from app.accounts.second_factor import factors_of, needs_second_factor
from app.core.errors import NotFound


class SignInView(LoginView):  # type: ignore[misc]
    """Sign in; in the demo the personas are listed beside the form."""

    template_name = "account/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo's personas, where this is a demo, and what else opens the door."""
        found: dict[str, Any] = super().get_context_data(**kwargs)
        providers = get_adapter().list_providers(self.request)
        return {
            **found,
            "demo_personas": settings.DEMO_PERSONAS,
            "sign_up_open": settings.SIGN_UP_OPEN,
            "providers": [
                {"name": provider.name, "url": provider.get_login_url(self.request)}
                for provider in providers
            ],
        }


class SignOutView(LogoutView):  # type: ignore[misc]
    """Sign out (POST only)."""

    http_method_names = ("post", "options")


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey, unless it is the last second factor of somebody who must have one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say why the passkey stays, or go on."""
        found = self.get_queryset().filter(pk=kwargs["pk"]).first()
        if found and not get_mfa_adapter().can_delete_authenticator(found):
            messages.error(
                request,
                "Staff accounts need a second factor, and this passkey is your last one."
                " Add another one first.",
            )
            return redirect("accounts:security")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[no-any-return]


def only_when_set_up(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a way of signing in elsewhere look like a missing page where it is not set up."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SocialApp.DoesNotExist:
            raise NotFound from None

    return guarded


sign_in = SignInView.as_view()
sign_out = SignOutView.as_view()
remove_passkey = login_required(RemovePasskeyView.as_view())


@login_required
def security(request: HttpRequest) -> HttpResponse:
    """Show how the own account is secured, with a link to change each part."""
    user = request.user
    factors = Authenticator.objects.filter(user=user)
    context = {
        "addresses": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "app": factors.filter(type=Authenticator.Type.TOTP).first(),
        "passkeys": factors.filter(type=Authenticator.Type.WEBAUTHN).order_by("created_at"),
        "codes": factors.filter(type=Authenticator.Type.RECOVERY_CODES).first(),
        "session_count": UserSession.objects.filter(user=user).count(),
        "providers": get_adapter().list_providers(request),
        "must": needs_second_factor(user) and not factors_of(user).exists(),
    }
    return render(request, "accounts/security.html", context)
