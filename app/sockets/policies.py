"""Who may do what with sockets."""

from typing import Any

from django.db.models import QuerySet

from app.core.access import Policy
from app.people.models import Organization, OrganizationMember
from app.sockets.models import Socket


class SocketPolicy(Policy[Socket]):
    """Sockets are a vocabulary: whoever is signed in reads it, verified people add to it."""

    model = Socket

    def visible_to(self, user: Any) -> QuerySet[Socket]:
        """Return all sockets to whoever is signed in."""
        return Socket.objects.all() if user.is_authenticated else Socket.objects.none()

    def allows(self, user: Any, obj: Socket, action: str) -> bool:
        """Nobody changes a socket: containers and results rely on it."""
        return action == "view"

    def may_create(self, user: Any) -> bool:
        """Tell whether ``user`` may make sockets: verified people and the portal's staff."""
        return bool(user.is_authenticated and (user.is_verified or self.names_freely(user)))

    def names_freely(self, user: Any) -> bool:
        """Tell whether ``user`` makes sockets in the portal's own name."""
        return bool(user.is_superuser or user.is_staff)

    def organizations_of(self, user: Any) -> QuerySet[Organization]:
        """Return the organizations in whose name ``user`` may make sockets."""
        memberships = OrganizationMember.objects.filter(user=user)
        return Organization.objects.filter(pk__in=memberships.values("target")).order_by("title")


SOCKETS = SocketPolicy()
