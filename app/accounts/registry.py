"""Objects whose people can be managed: each application registers its policy under a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from app.accounts.policies import RolePolicy
from app.core.errors import NotFound


@dataclass(frozen=True)
class ManagedPeople:
    """One kind of object with people; ``page`` names the address where they are managed."""

    policy: RolePolicy[Any]
    page: str

    def url_of(self, obj: Any) -> str:
        """Return the page on which the people of ``obj`` are managed, or nothing."""
        return reverse(self.page, args=[obj.pk]) if self.page else ""


_known: dict[str, ManagedPeople] = {}


def register_people(key: str, policy: RolePolicy[Any], *, page: str = "") -> None:
    """Let the people of ``policy``'s objects be managed at ``/people/<key>/<pk>/``."""
    _known[key] = ManagedPeople(policy, page)


def people_policy(key: str) -> RolePolicy[Any]:
    """Return the policy registered under ``key``; raise `NotFound` for an unknown one."""
    try:
        return _known[key].policy
    except KeyError:
        raise NotFound from None


def managed_people() -> Mapping[str, ManagedPeople]:
    """Return every registered kind by key."""
    return dict(_known)
