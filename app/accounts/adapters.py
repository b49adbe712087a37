"""What the portal wants otherwise than django-allauth does."""

import re
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from app.accounts.models import User
from app.accounts.reauthentication import SignInAgain, signed_in_recently
from app.accounts.sealing import seal, unseal
from app.accounts.second_factor import factors_of, needs_second_factor

_WAYS = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use a code",
    "mfa_reauthenticate:webauthn": "Use a passkey",
}

_LINKS = ("activate_url", "password_reset_url", "signup_url")


def _at_home(address: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{urlsplit(address).path}"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up by setting; people whom an administrator made need no confirmation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Tell whether anybody may make an account."""
        return bool(settings.SIGN_UP_OPEN)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> Any:
        """Take the address of a person for confirmed who did not sign up themselves.

        Whoever signs up has a row for their address, unconfirmed at first. People made by an
        administrator or a seed file have none: whoever made them vouches for the address.
        """
        if user.email and not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return super().pre_login(request, user, **kwargs)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Say nothing of signing in and out: people see that they are."""
        template = args[0] if args else kwargs.get("message_template", "")
        if template not in {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}:
            super().add_message(request, level, *args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a message whose links lead to the portal's own address.

        A request names any host it likes, and a link with a key must not lead to a stranger.
        """
        links = {name: _at_home(context[name]) for name in _LINKS if context.get(name)}
        more = {**context, **links, "sign_up_open": settings.SIGN_UP_OPEN}
        super().send_mail(template_prefix, email, more)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for a fresh sign-in whoever has neither password nor second factor here.

        Without this they could never set up either. Raises SignInAgain when theirs is too old.
        """
        if self.get_reauthentication_methods(self.request.user):
            return bool(super().is_reauthentication_required(app=app, **kwargs))
        if not signed_in_recently(self.request):
            raise SignInAgain
        return False

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        """Call the ways of confirming who one is by the words of the portal's other pages."""
        found: list[dict[str, str]] = super().get_reauthentication_methods(user)
        return [{**way, "description": _WAYS.get(way["id"], way["description"])} for way in found]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are kept encrypted; staff keep their last second factor."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it may lie in the database."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that lies in the database."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Tell whether a factor may go: staff need one that is not only for emergencies."""
        user = authenticator.user
        if not needs_second_factor(user) or authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return True
        return factors_of(user).exclude(pk=authenticator.pk).exists()


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Accounts elsewhere open accounts here, but never take over one that is there."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Tell whether an unknown person may make an account; as with a password."""
        return bool(settings.SIGN_UP_OPEN)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Suggest a user name that may be chosen here."""
        user = super().populate_user(request, sociallogin, data)
        user.username = re.sub(r"[^A-Za-z0-9]+", "-", user.username or "").strip("-")[:40]
        return user
