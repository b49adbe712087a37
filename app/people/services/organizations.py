"""Making, changing and deleting organizations."""

from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.services import change, record
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.pictures import delete_picture, store_picture
from app.core.slugs import free_slug
from app.people.models import Organization
from app.people.policies import ORGANIZATIONS


@transaction.atomic
def create_organization(
    *,
    actor: User | None,
    title: str,
    editor: User | None = None,
    slug: str = "",
    pk: UUID | None = None,
    **fields: str,
) -> Organization:
    """Make an organization; ``editor`` (else whoever makes it) changes it and manages people.

    Without an actor the command line makes it, and names the editor.
    """
    first = editor or actor
    if first is None or not (actor is None or ORGANIZATIONS.may_create(actor)):
        raise NotFound
    slug = slug or free_slug(Organization, title, fallback="organization")
    organization = Organization(pk=pk or new_id(), title=title, slug=slug, **fields)
    organization.full_clean()
    organization.save()
    record("people.organization.created", obj=organization, actor=actor, data={"title": title})
    grant_role(ORGANIZATIONS, actor=actor, obj=organization, user=first, role="EDITOR")
    return organization


def update_organization(
    *, actor: User, organization: Organization, **changes: object
) -> Organization:
    """Change an organization's name, description, website or country."""
    return change("people.organization.changed", obj=organization, actor=actor, **changes)


@transaction.atomic
def delete_organization(*, actor: User, organization: Organization) -> None:
    """Delete an organization; its people stay what they are elsewhere."""
    record(
        "people.organization.deleted",
        obj=organization,
        actor=actor,
        data={"title": organization.title},
    )
    logo = organization.logo
    organization.delete()
    transaction.on_commit(lambda: delete_picture(logo))


def set_logo(*, actor: User, organization: Organization, data: bytes) -> Organization:
    """Take a new logo, cleaned, instead of the present one."""
    return _replace_logo(actor, organization, store_picture(data))


def remove_logo(*, actor: User, organization: Organization) -> Organization:
    """Take the logo away."""
    return _replace_logo(actor, organization, None)


@transaction.atomic
def _replace_logo(actor: User, organization: Organization, pk: UUID | None) -> Organization:
    row = Organization.objects.select_for_update().get(pk=organization.pk)
    before = row.logo
    if before == pk:
        return organization
    organization.logo = row.logo = pk
    row.save(update_fields=["logo", "modified"])
    event = "people.logo.changed" if pk else "people.logo.removed"
    record(event, obj=organization, actor=actor)
    transaction.on_commit(lambda: delete_picture(before))
    return organization
