"""Granting and revoking roles on objects."""

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model

from app.accounts.models import Membership, User
from app.accounts.policies import RolePolicy
from app.core.audit import audit_sink
from app.core.errors import Conflict, ValidationFailed
from app.core.telling import page_of, teller

M = TypeVar("M", bound=Model)


@transaction.atomic
def make_owned(policy: RolePolicy[Any], *, actor: User, obj: M) -> M:
    """Check and save a new object; whoever makes it gets the policy's owner role on it."""
    obj.full_clean()
    obj.save()
    grant_role(policy, actor=actor, obj=obj, user=actor, role=policy.owner_role)
    return obj


@transaction.atomic
def grant_role(
    policy: RolePolicy[Any], *, actor: User | None, obj: Model, user: User, role: str
) -> Membership:
    """Give ``user`` the role on ``obj``, replacing the one they hold."""
    if role not in policy.grants:
        raise ValidationFailed(fields={"role": [f"Choose one of {', '.join(policy.grants)}."]})
    _keep_one_owner(policy, obj=obj, user=user, role=role)
    before = policy.role_of(user, obj)
    row, _ = policy.memberships.update_or_create(
        target=obj, user=user, defaults={"role": role, "granted_by": actor}
    )
    audit_sink()(
        "accounts.role.granted",
        obj=obj,
        actor=actor,
        data={"user": user.pk, "role": role, "before": before, "after": role},
    )
    membership: Membership = row
    if before != role and user != actor:
        _tell(membership, obj=obj, actor=actor)
    return membership


@transaction.atomic
def grant_missing_role(
    policy: RolePolicy[Any], *, actor: User | None, obj: Model, user: User, role: str
) -> bool:
    """Give the role unless the user holds one that allows as much; tell whether it was given.

    A role that allows other things is never replaced: that raises `Conflict`. Safe against
    somebody else who gives this person a role at the same moment.
    """
    if role not in policy.grants:
        raise ValidationFailed(fields={"role": [f"Choose one of {', '.join(policy.grants)}."]})
    rows = policy.memberships.select_for_update()
    held, made = rows.get_or_create(
        target=obj, user=user, defaults={"role": role, "granted_by": actor}
    )
    if not made:
        wanted, has = policy.grants[role], policy.grants.get(held.role, frozenset())
        if wanted <= has:
            return False
        if not has <= wanted:
            other = dict(held.Role.choices).get(held.role, held.role).lower()
            raise Conflict(
                f"{user.display_name} has another role here: {other}.",
                advice="Change it on the People page, or reject the request.",
            )
    grant_role(policy, actor=actor, obj=obj, user=user, role=role)
    return True


@transaction.atomic
def revoke_role(policy: RolePolicy[Any], *, actor: User | None, obj: Model, user: User) -> None:
    """Take the user's role on ``obj`` away; the last owner stays."""
    _keep_one_owner(policy, obj=obj, user=user, role="")
    before = policy.role_of(user, obj)
    rows = policy.memberships.filter(target=obj, user=user)
    if rows.delete()[0]:
        audit_sink()(
            "accounts.role.revoked",
            obj=obj,
            actor=actor,
            data={"user": user.pk, "before": before, "after": ""},
        )


def _tell(membership: Membership, *, obj: Model, actor: User | None) -> None:
    """Tell the person of their new role; whoever gives it to themselves knows."""
    role = membership._meta.model.Role(membership.role).label.lower()  # type: ignore[attr-defined]
    what = f"{role} of the {obj._meta.verbose_name} “{obj}”"
    teller()(
        user=membership.user,
        kind="accounts.role.granted",
        text=f"{actor.display_name} made you {what}." if actor else f"You are now {what}.",
        url=page_of(obj),
    )


def _keep_one_owner(policy: RolePolicy[Any], *, obj: Model, user: User, role: str) -> None:
    if role == policy.owner_role:
        return
    owners = policy.memberships.select_for_update().filter(target=obj, role=policy.owner_role)
    if [row.user_id for row in owners] == [user.pk]:
        raise Conflict(
            f"{user.display_name} is the last {policy.owner_role.lower()} here.",
            advice=f"Make somebody else {policy.owner_role.lower()} first.",
        )
