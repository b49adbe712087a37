"""Changing what other people see of a person."""

from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.core.audit import audit_sink
from app.core.pictures import delete_picture, store_picture


@transaction.atomic
def update_profile(*, user: User, **changes: object) -> User:
    """Change the own profile.

    The event names the changed fields only: events are kept for ever, what they said of a person
    is not.
    """
    for name, value in changes.items():
        setattr(user, name, value)
    user.full_clean(exclude=["password"])
    user.save(update_fields=list(changes))
    if changes:
        audit_sink()(
            "accounts.profile.changed", obj=user, actor=user, data={"fields": sorted(changes)}
        )
    return user


def set_picture(*, user: User, data: bytes) -> User:
    """Take a new picture, cleaned, instead of the present one."""
    return _replace_picture(user, store_picture(data), event="accounts.picture.changed")


def remove_picture(*, user: User) -> User:
    """Take the picture away; pages show initials again."""
    return _replace_picture(user, None, event="accounts.picture.removed")


@transaction.atomic
def _replace_picture(user: User, pk: UUID | None, *, event: str) -> User:
    row = User.objects.select_for_update().get(pk=user.pk)
    before = row.picture
    if before == pk:
        return user
    User.objects.filter(pk=user.pk).update(picture=pk)
    user.picture = pk
    audit_sink()(event, obj=user, actor=user)
    transaction.on_commit(lambda: delete_picture(before))
    return user
