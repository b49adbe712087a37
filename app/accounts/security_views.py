"""The sign-in page, and the page on how an account is secured."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.views import LoginView, LogoutView
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

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
