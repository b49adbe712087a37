"""Events that lower layers only signal."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from app.audit.services import record


def connect() -> None:
    """Listen to sign-ins, sign-outs and failed attempts."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit_signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit_signed_out")
    user_login_failed.connect(_refused, dispatch_uid="audit_sign_in_refused")


def _signed_in(sender: Any, user: Any, **kwargs: Any) -> None:
    record("accounts.user.signed_in", obj=user, actor=user)


def _signed_out(sender: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        record("accounts.user.signed_out", obj=user, actor=user)


def _refused(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    named = [credentials.get(name) for name in ("username", "email", "login")]
    given = str(next(filter(None, named), ""))[:150]
    record("accounts.user.sign_in_refused", obj=None, data={"given": given})
