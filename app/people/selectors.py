"""Reading people, organizations, verifications and exports."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Count, QuerySet

from app.accounts.models import User
from app.accounts.registry import managed_people
from app.core.access import fetch
from app.core.errors import NotFound
from app.core.pictures import CONTENT_TYPE, picture_key
from app.core.storage import ObjectMissing, get_store
from app.delivery.registry import ServedFile
from app.people.models import Deletion, Organization, PersonalExport, Verification
from app.people.policies import EXPORTS, ORGANIZATIONS, VERIFICATIONS


@dataclass(frozen=True)
class SoleCharge:
    """Something that only one person is in charge of, and where others can be put in charge."""

    kind: str
    title: str
    url: str


def get_person_for(user: Any, username: str) -> User:
    """Return the person whose public profile ``user`` asks for; closed accounts have none."""
    if not user.is_authenticated:
        raise NotFound
    known = User.objects.filter(username=username.replace("\x00", ""), is_active=True)
    found = known.first()
    if found is None:
        raise NotFound("There is nobody here with this name.", advice="Check the address.")
    return found


def organizations_for(user: Any) -> QuerySet[Organization]:
    """Return the organizations that ``user`` may look at, with the number of their people."""
    return ORGANIZATIONS.visible_to(user).annotate(people_count=Count("memberships"))


def organizations_of(person: User) -> QuerySet[Organization]:
    """Return the organizations that ``person`` is in, by name."""
    return Organization.objects.filter(memberships__user=person).order_by("title")


def get_organization_for(user: Any, pk: UUID | str, *, action: str = "view") -> Organization:
    """Return the organization if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(ORGANIZATIONS, user=user, pk=pk, action=action)


def get_verification_for(user: Any, pk: UUID | str, *, action: str = "view") -> Verification:
    """Return the verification if ``user`` may do ``action`` with it, else raise `NotFound`."""
    return fetch(VERIFICATIONS, user=user, pk=pk, action=action)


def review_queue(user: Any) -> QuerySet[Verification]:
    """Return the verifications that reviewers look at; raise `NotFound` for anybody else."""
    if not (user.is_authenticated and user.is_superuser):
        raise NotFound
    return VERIFICATIONS.visible_to(user).exclude(
        state__in=(Verification.State.AWAITING_CONFIRMATION, Verification.State.EXPIRED)
    )


def latest_verification(user: User) -> Verification | None:
    """Return the person's latest request, whatever became of it."""
    return Verification.objects.filter(user=user).order_by("-created").first()


def confirmed_addresses(user: User) -> set[str]:
    """Return the account's addresses that were confirmed at sign-up, in lower case."""
    if not apps.is_installed("allauth.account"):
        return set()
    rows = _all_rows("account", "EmailAddress")
    found = rows.filter(user_id=user.pk, verified=True).values_list("email", flat=True)
    return {email.lower() for email in found}


def deletion_under_way(user: User) -> Deletion | None:
    """Return the person's wish to delete their account, if there is one."""
    return Deletion.objects.filter(user=user, state=Deletion.State.REQUESTED).first()


def sole_charges(user: User) -> list[SoleCharge]:
    """Return what the person alone is in charge of: nobody could manage it without them."""
    found = []
    for kind, people in managed_people().items():
        policy = people.policy
        owners = policy.memberships.filter(role=policy.owner_role, user__is_active=True)
        mine = owners.filter(user=user).select_related("target")
        others = set(
            owners.exclude(user=user)
            .filter(target__in=mine.values("target"))
            .values_list("target_id", flat=True)
        )
        found += [
            SoleCharge(kind.replace("-", " "), str(row.target), people.url_of(row.target))
            for row in mine
            if row.target_id not in others
        ]
    return found


def served_picture(user: Any, pk: UUID) -> ServedFile:
    """Return a picture of a person or organization for whoever is signed in."""
    if not user.is_authenticated:
        raise NotFound
    owner = User.objects.filter(picture=pk).first() or Organization.objects.filter(logo=pk).first()
    if owner is None:
        raise NotFound
    key = picture_key(pk)
    return ServedFile(
        key=key,
        filename=f"{pk}.webp",
        content_type=CONTENT_TYPE,
        size=_size_of(key),
        audit_name="accounts.picture.downloaded",
        audit_object=owner,
    )


def served_export(user: Any, pk: UUID) -> ServedFile:
    """Return an export if it is the user's own and still there, else raise `NotFound`."""
    export: PersonalExport = fetch(EXPORTS, user=user, pk=pk, action="download")
    if export.state != PersonalExport.State.READY:
        raise NotFound
    return ServedFile(
        key=export.key,
        filename=export.filename,
        content_type="application/zip",
        size=export.size,
        audit_name="people.export.downloaded",
        audit_object=export,
    )


def _all_rows(app: str, model: str) -> Any:
    """Return the rows of an optional application, of which the type checker knows nothing."""
    return apps.get_model(app, model)._default_manager


def _size_of(key: str) -> int:
    try:
        return get_store().size(key)
    except ObjectMissing:
        raise NotFound from None
