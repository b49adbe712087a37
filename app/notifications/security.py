"""Changes of how somebody signs in, as the account library signals them: always told, at once."""

from typing import Any

from django.apps import apps

from app.accounts.models import User
from app.notifications.news import SECURITY
from app.notifications.services import notify

ADVICE = "If this was not you, reset your password and tell an administrator."
ACCOUNT = {
    "password_set": "A password was set for your account.",
    "password_changed": "The password of your account was changed.",
    "password_reset": "The password of your account was reset.",
    "email_changed": "The e-mail address of your account was changed.",
    "email_added": "An e-mail address was added to your account.",
    "email_removed": "An e-mail address was removed from your account.",
}
SECOND_FACTOR = {
    "authenticator_added": "A second step was added to your sign-in.",
    "authenticator_removed": "A second step was removed from your sign-in.",
    "authenticator_reset": "The recovery codes of your account were made anew.",
}
SOCIAL = {
    "social_account_added": "A way to sign in through another provider was added.",
    "social_account_removed": "A way to sign in through another provider was removed.",
}


def connect() -> None:
    """Listen to the parts of the account library that are installed."""
    if apps.is_installed("allauth.account"):
        from allauth.account import signals as account  # type: ignore[import-untyped]

        _listen(account, ACCOUNT)
    if apps.is_installed("allauth.mfa"):
        from allauth.mfa import signals as mfa  # type: ignore[import-untyped]

        _listen(mfa, SECOND_FACTOR)
    if apps.is_installed("allauth.socialaccount"):
        from allauth.socialaccount import signals as social  # type: ignore[import-untyped]

        _listen(social, SOCIAL)


def tell(user: User, what: str) -> None:
    """Tell the user what changed about their sign-in, and what to do if it was not them."""
    notify(user=user, kind=SECURITY, text=f"{what} {ADVICE}", url="/profile/", subject=what)


def _listen(module: Any, sentences: dict[str, str]) -> None:
    for name, sentence in sentences.items():
        getattr(module, name).connect(
            _receiver(sentence), weak=False, dispatch_uid=f"notifications_{name}"
        )


def _receiver(sentence: str) -> Any:
    def receive(sender: Any, **kwargs: Any) -> None:
        user = kwargs.get("user")
        if user is None and kwargs.get("sociallogin") is not None:
            user = kwargs["sociallogin"].user
        if user is None and kwargs.get("socialaccount") is not None:
            user = kwargs["socialaccount"].user
        if user is not None and user.pk is not None:
            tell(user, sentence)

    return receive
