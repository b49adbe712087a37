"""Kinds of objects that access can be asked for: each application registers its own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.db.models.signals import pre_delete
from django.urls import reverse

from app.accounts.policies import RolePolicy
from app.core.errors import NotFound
from app.requests.models import AccessRequest
from app.requests.models.request import role_name
from app.requests.questions import Question


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    ``key`` is its people policy's; ``roles`` can be asked for, and only the first of them is ever
    given without an editor. ``pages`` names its namespace of addresses, which has ``detail`` and
    ``people``; ``area`` is what a token must reach. ``questions`` tells what an object's owners
    want answered; the answers are kept in the field ``answers`` of the request.
    """

    key: str
    noun: str
    icon: str
    area: str
    pages: str
    policy: RolePolicy[Any]
    requests: type[AccessRequest]
    roles: tuple[str, ...]
    questions: Callable[[Any], Sequence[Question]] | None = None

    @property
    def rows(self) -> Any:
        """The manager of the concrete requests."""
        return self.requests._default_manager  # type: ignore[attr-defined]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The roles that can be asked for, in words."""
        return [(role, role_name(self.requests.ROLES, role)) for role in self.roles]

    def asked_for(self, target: Any) -> Sequence[Question]:
        """Return what whoever asks for access answers."""
        return self.questions(target) if self.questions is not None else ()

    def role_name(self, role: str) -> str:
        """Return a role in words."""
        return role_name(self.requests.ROLES, role)

    def page_of(self, target: Model, name: str = "detail") -> str:
        """Return the address of the object's own page."""
        return reverse(f"{self.pages}:{name}", args=[target.pk])


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Let people ask for access to objects of this kind; call it in ``AppConfig.ready()``."""
    from app.requests.services.closing import close_requests_of_deleted

    _kinds[kind.key] = kind
    pre_delete.connect(
        close_requests_of_deleted, sender=kind.policy.model, dispatch_uid=f"requests-{kind.key}"
    )


def kinds() -> Iterable[Kind]:
    """Return every kind, always in the same order."""
    return [_kinds[key] for key in sorted(_kinds)]


def kind_named(key: str) -> Kind:
    """Return the kind registered under ``key``; raise `NotFound` for an unknown one."""
    try:
        return _kinds[key]
    except KeyError:
        raise NotFound from None


def kind_of(target: Model) -> Kind:
    """Return the kind of an object."""
    return next(kind for kind in _kinds.values() if kind.policy.model is type(target))


def kind_of_request(request: AccessRequest) -> Kind:
    """Return the kind of object that a request is about."""
    return next(kind for kind in _kinds.values() if kind.requests is type(request))
