"""Making and changing users without a form, as seed files do."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from app.accounts.models import User
from app.core.audit import audit_sink


@transaction.atomic
def create_user(
    *,
    actor: User | None,
    username: str,
    email: str,
    password: str | None = None,
    verified: bool = False,
    pk: int | None = None,
    **fields: Any,
) -> User:
    """Make a user; without a password nobody signs in with one."""
    user = User(pk=pk, username=username, email=email, **fields)
    user.verified_at = timezone.now() if verified else None
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    audit_sink()("accounts.user.created", obj=user, actor=actor, data={"username": username})
    return user


@transaction.atomic
def update_user(*, actor: User | None, user: User, **changes: Any) -> User:
    """Change a user's fields; ``password`` and ``verified`` are set in their own way."""
    plain = {name: changes[name] for name in changes if name not in ("password", "verified")}
    for name, value in plain.items():
        setattr(user, name, value)
    if "password" in changes:
        user.set_password(changes["password"])
    if "verified" in changes:
        user.verified_at = timezone.now() if changes["verified"] else None
    user.full_clean()
    user.save()
    audit_sink()("accounts.user.changed", obj=user, actor=actor, data={"fields": sorted(changes)})
    return user
