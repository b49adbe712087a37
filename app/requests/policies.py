"""Who sees and decides requests, and who sees the card of an object."""

from typing import Any

from django.db.models import Q, QuerySet

from app.core.access import Policy
from app.requests.models import AccessRequest
from app.requests.registry import Kind


class RequestPolicy(Policy[AccessRequest]):
    """A request is seen by whoever asked, and by those who manage the object's people."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.model = kind.requests

    def visible_to(self, user: Any) -> QuerySet[AccessRequest]:
        """Return the requests that ``user`` made or may decide."""
        rows: QuerySet[Any] = self.kind.rows.all()
        if not user.is_authenticated:
            return rows.none()
        if user.is_superuser:
            return rows
        return rows.filter(Q(user=user) | Q(target__in=self._managed_by(user)))

    def decidable_by(self, user: Any) -> QuerySet[AccessRequest]:
        """Return the requests that ``user`` may decide, decided ones too."""
        rows: QuerySet[Any] = self.kind.rows.all()
        if not user.is_authenticated:
            return rows.none()
        return rows if user.is_superuser else rows.filter(target__in=self._managed_by(user))

    def allows(self, user: Any, obj: AccessRequest, action: str) -> bool:
        """Whoever asked may withdraw; whoever manages the object's people decides."""
        if action == "withdraw":
            return bool(obj.user_id == user.pk)
        if action == "decide":
            return self.kind.policy.allows(user, obj.target, "manage")
        return action == "view"

    def _managed_by(self, user: Any) -> Any:
        roles = self.kind.policy.roles_with("manage")
        return self.kind.policy.memberships.filter(user=user, role__in=roles).values("target")


def shown_to(kind: Kind, user: Any) -> QuerySet[Any]:
    """Return the objects whose cards ``user`` may look at: the listed ones and their own."""
    objects: QuerySet[Any] = kind.policy.model._default_manager.all()
    if not user.is_authenticated:
        return objects.none()
    seen = kind.policy.visible_to(user)
    return objects.filter(Q(listed=True) | Q(pk__in=seen.order_by().values("pk")))
