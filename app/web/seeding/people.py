"""Users, organizations, tokens and sockets of a seed file."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from app.accounts.models import Token, User
from app.accounts.services import create_user, issue_token, update_user
from app.accounts.services.tokens import digest_of
from app.people.models import Organization
from app.people.policies import ORGANIZATIONS
from app.people.services import create_organization, update_organization
from app.sockets.models import Socket
from app.sockets.services import create_socket
from app.web.seeding.document import OrganizationEntry, SocketEntry, TokenEntry, UserEntry
from app.web.seeding.run import Refused, Run, find

SLACK = timedelta(minutes=5)  # by which a stated end may differ from the stored one
USER_FIELDS = (
    "username",
    "email",
    "first_name",
    "last_name",
    "institution",
    "department",
    "country",
    "website",
    "is_staff",
    "is_superuser",
)


def seed_user(run: Run, entry: UserEntry, path: str) -> None:
    """Make or change a person."""
    found = find(User, path=path, pk=entry.pk, named={"username": entry.username}, rename=True)
    wanted = entry.given(*USER_FIELDS)
    changes: dict[str, Any] = {}
    if found is not None:
        changes = {key: value for key, value in wanted.items() if getattr(found, key) != value}
        if entry.password is not None and not found.check_password(entry.password):
            changes["password"] = entry.password
        if "verified" in entry.model_fields_set and found.is_verified != entry.verified:
            changes["verified"] = entry.verified

    def make() -> User:
        return create_user(
            actor=None, pk=entry.pk, password=entry.password, verified=entry.verified, **wanted
        )

    if found is not None and changes:
        user = update_user(actor=None, user=found, **changes)
        run.updated(path, "user", entry.username, user, changes)
    else:
        user = run.settle(found, path=path, kind="user", name=entry.username, make=make)
    run.know("user", entry.names, user)


def seed_organization(run: Run, entry: OrganizationEntry, path: str) -> None:
    """Make or change an organization and its roles."""
    owner = run.get("user", entry.owner, path=f"{path}.owner")
    named = {"slug": entry.slug_wanted}
    found = find(Organization, path=path, pk=entry.pk, named=named, rename=entry.slug is None)
    wanted = entry.given("title", "description", "website", "country")
    organization = run.settle(
        found,
        path=path,
        kind="organization",
        name=entry.title,
        make=lambda: create_organization(
            actor=None, editor=owner, pk=entry.pk, slug=entry.slug or "", **wanted
        ),
        change=lambda obj, **changes: update_organization(actor=owner, organization=obj, **changes),
        wanted=wanted,
    )
    run.give_roles(ORGANIZATIONS, organization, entry=entry, owner=owner, path=path)
    run.know("organization", entry.names, organization)


def seed_token(run: Run, entry: TokenEntry, path: str) -> None:
    """Issue a token; one that is there already can only stay as it is."""
    user = run.get("user", entry.user, path=f"{path}.user")
    found = Token.objects.filter(digest=digest_of(entry.plain)).first()
    if found is not None:
        _check_token(found, entry, user=user, path=path)
    elif entry.pk is not None and Token.objects.filter(pk=entry.pk).exists():
        raise Refused(f"{path}.pk", "Another token has this key.")

    def make() -> Token:
        return issue_token(
            user=user,
            name=entry.name,
            access=entry.access.value,
            areas=[area.value for area in entry.areas],
            expires_at=_end(entry),
            plain=entry.plain,
            pk=entry.pk,
        ).token

    run.settle(found, path=path, kind="token", name=f"{entry.name} of {user.username}", make=make)


def seed_socket(run: Run, entry: SocketEntry, path: str) -> None:
    """Make a socket; one that is there already can only stay as it is."""
    slug = entry.slug_wanted
    wanted = {
        **entry.given("title", "description", "relative_path", "default_value"),
        "kind": entry.kind_key,
        "as_file": entry.as_file,
    }
    if "json_schema" in entry.model_fields_set:
        wanted["schema"] = entry.json_schema
    found = find(Socket, path=path, pk=entry.pk, named={"slug": slug})

    def make() -> Socket:
        given = wanted if entry.pk is None else {**wanted, "pk": entry.pk}
        return create_socket(actor=None, slug=slug, **given)

    socket = run.settle(found, path=path, kind="socket", name=slug, make=make, wanted=wanted)
    run.know("socket", entry.names, socket)


def _end(entry: TokenEntry) -> Any:
    if entry.expires_in_days is not None:
        return timezone.now() + timedelta(days=entry.expires_in_days)
    return entry.expires_at


def _check_token(found: Token, entry: TokenEntry, *, user: User, path: str) -> None:
    """Refuse a token that is there and differs; days count from the day it was made."""
    if entry.pk is not None and found.pk != entry.pk:
        raise Refused(f"{path}.pk", f"The token is there with the key {found.pk}.")
    if found.user_id != user.pk:
        raise Refused(f"{path}.user", "The token is there and belongs to somebody else.")
    if found.revoked_at is not None:
        raise Refused(path, "The token was revoked; give another plain text.")
    end = entry.expires_at
    if entry.expires_in_days is not None:
        end = found.created + timedelta(days=entry.expires_in_days)
    stated = {"expires_at", "expires_in_days"} & entry.model_fields_set
    same_end = (end is None) == (found.expires_at is None) and (
        end is None or found.expires_at is None or abs(end - found.expires_at) < SLACK
    )
    differing = {
        "name": found.name != entry.name,
        "access": found.access != entry.access.value,
        "areas": found.areas != sorted({area.value for area in entry.areas}),
        "expires_at": bool(stated) and not same_end,
    }
    for name, differs in differing.items():
        if differs:
            raise Refused(
                f"{path}.{name}", "A token never changes: revoke it and give another plain text."
            )
