"""Who may do what with hanging protocols and viewer configurations."""

from typing import Any, TypeVar

from django.db.models import QuerySet

from app.core.access import Policy
from viewer.models import HangingProtocol, ViewerConfiguration

M = TypeVar("M", HangingProtocol, ViewerConfiguration)


class VocabularyPolicy(Policy[M]):
    """Whoever is signed in reads them, verified people add to them, their makers change them.

    They say nothing about cases, and one study learns from another.
    """

    def __init__(self, model: type[M]) -> None:
        self.model = model

    def visible_to(self, user: Any) -> QuerySet[M]:
        """Return all of them to whoever is signed in."""
        rows: QuerySet[M] = self.model._default_manager.all()
        return rows if user.is_authenticated else rows.none()

    def allows(self, user: Any, obj: M, action: str) -> bool:
        """Tell whether ``user`` may do ``action``: its maker and the portal's staff change it."""
        if not user.is_authenticated:
            return False
        return action == "view" or self._is_staff(user) or obj.creator_id == user.pk

    def may_create(self, user: Any) -> bool:
        """Tell whether ``user`` may make one."""
        return bool(user.is_authenticated and (user.is_verified or self._is_staff(user)))

    def _is_staff(self, user: Any) -> bool:
        return bool(user.is_superuser or user.is_staff)


PROTOCOLS = VocabularyPolicy(HangingProtocol)
CONFIGURATIONS = VocabularyPolicy(ViewerConfiguration)
