"""Who may look at the portal's mail."""

from typing import Any

from django.db.models import QuerySet

from app.core.access import Policy
from app.notifications.models import OutgoingMail


class OutgoingMailPolicy(Policy[OutgoingMail]):
    """Mail holds links that open accounts: administrators alone see it."""

    model = OutgoingMail

    def visible_to(self, user: Any) -> QuerySet[OutgoingMail]:
        """Return everything to an administrator, nothing to anybody else."""
        everything = OutgoingMail.objects.all()
        return everything if self._administers(user) else everything.none()

    def allows(self, user: Any, obj: OutgoingMail, action: str) -> bool:
        """Administrators look and send again."""
        return self._administers(user)

    def lists(self, user: Any) -> bool:
        """Tell whether the list of mail is there for ``user``."""
        return self._administers(user)

    @staticmethod
    def _administers(user: Any) -> bool:
        return bool(user.is_authenticated and user.is_active and user.is_superuser)


OUTGOING_MAIL = OutgoingMailPolicy()
