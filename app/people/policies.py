"""Who may do what with organizations, verifications, exports and deletions."""

from typing import Any

from django.db.models import QuerySet

from app.accounts.policies import RolePolicy
from app.core.access import Policy
from app.people.models import (
    Deletion,
    Organization,
    OrganizationMember,
    PersonalExport,
    Verification,
)

Role = OrganizationMember.Role
_VIEW = frozenset({"view"})


class OrganizationPolicy(RolePolicy[Organization]):
    """Everybody who is signed in looks, editors change and manage; administrators make them."""

    model = Organization
    membership = OrganizationMember
    owner_role = Role.EDITOR
    grants = {Role.MEMBER: _VIEW, Role.EDITOR: _VIEW | {"change", "manage"}}

    def visible_to(self, user: Any) -> QuerySet[Organization]:
        """Return all organizations to whoever is signed in."""
        return Organization.objects.all() if user.is_authenticated else Organization.objects.none()

    def allows(self, user: Any, obj: Organization, action: str) -> bool:
        """Tell whether a role or being an administrator allows ``action``; all may look."""
        looks = action in _VIEW and user.is_authenticated
        return looks or super().allows(user, obj, action)

    def may_create(self, user: Any) -> bool:
        """Tell whether ``user`` may make organizations."""
        return bool(user.is_authenticated and user.is_superuser)


class VerificationPolicy(Policy[Verification]):
    """The person sees and withdraws their own; administrators review everybody's."""

    model = Verification
    _own = frozenset({"view", "confirm", "withdraw"})

    def visible_to(self, user: Any) -> QuerySet[Verification]:
        """Return the own verifications; to administrators all of them."""
        found = Verification.objects.select_related("user", "reviewed_by")
        if not user.is_authenticated:
            return found.none()
        return found if user.is_superuser else found.filter(user=user)

    def allows(self, user: Any, obj: Verification, action: str) -> bool:
        """The owner confirms and withdraws; administrators review."""
        if action in self._own and obj.user_id == user.pk:
            return True
        return bool(user.is_superuser and action in {"view", "review"})


class OwnPolicy(Policy[Any]):
    """Rows that are their ``user``'s alone; administrators get nowhere near."""

    def __init__(self, model: type[PersonalExport] | type[Deletion]) -> None:
        self.model = model

    def visible_to(self, user: Any) -> QuerySet[Any]:
        """Return the user's own rows."""
        rows: QuerySet[Any] = self.model._default_manager.all()
        return rows.filter(user=user) if user.is_authenticated else rows.none()

    def allows(self, user: Any, obj: Any, action: str) -> bool:
        """The person may do what there is to do."""
        return action in {"view", "download", "cancel"} and obj.user_id == user.pk


ORGANIZATIONS = OrganizationPolicy()
VERIFICATIONS = VerificationPolicy()
EXPORTS = OwnPolicy(PersonalExport)
DELETIONS = OwnPolicy(Deletion)
