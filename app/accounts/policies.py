"""Policies that follow from roles held on an object."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from app.accounts.models import Membership, User
from app.core.access import Policy

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Model)


class RolePolicy(Policy[M]):
    """What a role allows, as a table; administrators may do everything.

    ``grants`` maps a role to its actions; holding any role means seeing the object.
    ``public_actions`` are open to every signed-in user where the object's ``public`` is true.
    """

    membership: ClassVar[type[Membership]]
    grants: ClassVar[Mapping[str, frozenset[str]]]
    public_actions: ClassVar[frozenset[str]] = frozenset({"view"})
    owner_role: ClassVar[str]

    def visible_to(self, user: Any) -> QuerySet[M]:
        """Return the objects on which ``user`` holds a role, and the public ones."""
        objects: QuerySet[M] = self.model._default_manager.all()
        if not user.is_authenticated:
            return objects.none()
        if user.is_superuser:
            return objects
        held = self.memberships.filter(target=OuterRef("pk"), user=user)
        visible = Q(Exists(held))
        if self._has_public():
            visible |= Q(public=True)
        return objects.filter(visible)

    def allows(self, user: Any, obj: M, action: str) -> bool:
        """Tell whether a role, publicity or being an administrator allows ``action``."""
        if not user.is_authenticated:
            return False
        if user.is_superuser:
            return True
        if self._has_public() and obj.public and action in self.public_actions:  # type: ignore[attr-defined]
            return True
        return action in self.grants.get(self.role_of(user, obj), frozenset())

    def role_of(self, user: Any, obj: M) -> str:
        """Return the role that ``user`` holds on ``obj``, or an empty string.

        Where ``obj`` was read with it (`with_role`), that is the answer.
        """
        if not user.is_authenticated:
            return ""
        known: str | None = getattr(obj, _held_as(user), None)
        if known is not None:
            return known
        row = self.memberships.filter(target=obj, user=user).first()
        return row.role if row else ""

    def with_role(self, user: Any, rows: QuerySet[R], *, path: str = "pk") -> QuerySet[R]:
        """Return ``rows``, each with the role of ``user`` on the object at ``path``.

        For one request: whoever reads an object and asks for several actions then asks no further
        query. What changes meanwhile is not seen.
        """
        if not user.is_authenticated:
            return rows
        held = self.memberships.filter(target=OuterRef(path), user=user).values("role")[:1]
        found: QuerySet[R] = rows.annotate(**{_held_as(user): Coalesce(Subquery(held), Value(""))})
        return found

    def keep_role(self, user: Any, obj: M, *, read_with: Model) -> None:
        """Let ``obj`` know the role that another row was read with (`with_role`)."""
        if (known := getattr(read_with, _held_as(user), None)) is not None:
            setattr(obj, _held_as(user), known)

    @property
    def memberships(self) -> Any:
        """The manager of the concrete memberships; their ``target`` is the object."""
        return self.membership._default_manager  # type: ignore[attr-defined]

    def roles_with(self, action: str) -> list[str]:
        """Return the roles that allow ``action``."""
        return [role for role, actions in self.grants.items() if action in actions]

    def held_by(self, user: Any, action: str) -> QuerySet[Any, Any]:
        """Return the ids of the objects on which a role of ``user`` allows ``action``."""
        held: QuerySet[Any, Any] = self._memberships_with(action).filter(user=user)
        return held.values("target")

    def holders(self, pk: Any, action: str) -> QuerySet[User]:
        """Return the active people whose role on the object with this key allows ``action``."""
        held = self._memberships_with(action).filter(target=pk).values("user")
        return User.objects.filter(pk__in=held, is_active=True)

    def _memberships_with(self, action: str) -> Any:
        return self.memberships.filter(role__in=self.roles_with(action))

    def _has_public(self) -> bool:
        return any(field.name == "public" for field in self.model._meta.get_fields())


def _held_as(user: Any) -> str:
    return f"held_as_{user.pk}"
