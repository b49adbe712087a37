"""Objects whose people can be managed: each application registers its policy under a key."""

from app.accounts.policies import RolePolicy
from app.core.errors import NotFound

_policies: dict[str, RolePolicy] = {}  # type: ignore[type-arg]


def register_people(key: str, policy: RolePolicy) -> None:  # type: ignore[type-arg]
    """Let the people of ``policy``'s objects be managed at ``/people/<key>/<pk>/``."""
    _policies[key] = policy


def people_policy(key: str) -> RolePolicy:  # type: ignore[type-arg]
    """Return the policy registered under ``key``; raise `NotFound` for an unknown one."""
    try:
        return _policies[key]
    except KeyError:
        raise NotFound from None
