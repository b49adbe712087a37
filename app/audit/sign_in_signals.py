"""Events of signing in, which django-allauth tells by signals."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as elsewhere

from app.audit.services import record


def connect() -> None:
    """Listen to what changes how a person gets in."""
    account.user_signed_up.connect(_signed_up, dispatch_uid="audit_signed_up")
    for verb in ("password_changed", "password_set", "password_reset"):
        signal = getattr(account, verb)
        signal.connect(_of_user(f"accounts.user.{verb}"), dispatch_uid=f"audit_{verb}", weak=False)
    account.email_confirmed.connect(_email_confirmed, dispatch_uid="audit_email_confirmed")
    account.email_changed.connect(_email_changed, dispatch_uid="audit_email_changed")
    for verb in ("added", "removed", "reset"):
        signal = getattr(mfa, f"authenticator_{verb}")
        receiver = _of_factor(f"accounts.second_factor.{verb}")
        signal.connect(receiver, dispatch_uid=f"audit_factor_{verb}", weak=False)
    mfa.authenticator_used.connect(_factor_used, dispatch_uid="audit_factor_used")
    elsewhere.social_account_added.connect(_connected, dispatch_uid="audit_connected")
    elsewhere.social_account_removed.connect(_disconnected, dispatch_uid="audit_disconnected")


def _signed_up(sender: Any, user: Any, **kwargs: Any) -> None:
    record("accounts.user.signed_up", obj=user, actor=user)


def _of_user(name: str) -> Any:
    def receive(sender: Any, user: Any, **kwargs: Any) -> None:
        record(name, obj=user, actor=user)

    return receive


def _email_confirmed(sender: Any, email_address: Any, **kwargs: Any) -> None:
    user = email_address.user
    record("accounts.email.confirmed", obj=user, actor=user, data={"email": email_address.email})


def _email_changed(
    sender: Any, user: Any, from_email_address: Any, to_email_address: Any, **kwargs: Any
) -> None:
    before = from_email_address.email if from_email_address else ""
    data = {"before": before, "after": to_email_address.email}
    record("accounts.email.changed", obj=user, actor=user, data=data)


def _of_factor(name: str) -> Any:
    def receive(sender: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
        record(name, obj=user, actor=user, data={"kind": authenticator.type})

    return receive


def _factor_used(sender: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    record("accounts.second_factor.used", obj=user, actor=user, data={"kind": authenticator.type})


def _connected(sender: Any, sociallogin: Any, **kwargs: Any) -> None:
    user = sociallogin.user
    data = {"provider": sociallogin.account.provider}
    record("accounts.sign_in.connected", obj=user, actor=user, data=data)


def _disconnected(sender: Any, socialaccount: Any, **kwargs: Any) -> None:
    user = socialaccount.user
    record(
        "accounts.sign_in.disconnected",
        obj=user,
        actor=user,
        data={"provider": socialaccount.provider},
    )
