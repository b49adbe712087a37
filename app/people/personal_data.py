"""What the layers up to here hold of a person; upper applications register their own."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row, register_personal_data
from app.accounts.registry import managed_people
from app.audit.models import Event
from app.notifications.models import Notification
from app.people.models import Deletion, PersonalExport, Verification
from app.uploads.models import UserUpload


def register() -> None:
    """Register profile, tokens, roles, verifications, uploads, events and notifications."""
    register_personal_data("profile", _profile)
    register_personal_data("tokens", _tokens)
    register_personal_data("roles", _roles)
    register_personal_data("verifications", _verifications, _forget_verifications)
    register_personal_data("exports", _exports)
    register_personal_data("deletions", _deletions)
    register_personal_data("uploads", _uploads)
    register_personal_data("events", _events)
    register_personal_data("notifications", _notifications, _forget_notifications)


def _profile(user: User) -> Iterator[Row]:
    yield {
        "user_name": user.username,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "institution": user.institution,
        "department": user.department,
        "country": str(user.country.name or ""),
        "website": user.website,
        "mail_preference": user.mail_preference,
        "joined": user.date_joined,
        "last_sign_in": user.last_login,
        "verified": user.verified_at,
    }


def _tokens(user: User) -> Iterator[Row]:
    fields = ("name", "access", "areas", "created", "expires_at", "last_used_at", "revoked_at")
    yield from user.tokens.values(*fields).iterator()


def _roles(user: User) -> Iterator[Row]:
    for kind, people in managed_people().items():
        rows = people.policy.memberships.filter(user=user).select_related("target")
        for row in rows.iterator():
            yield {
                "kind": kind,
                "id": row.target_id,
                "title": str(row.target),
                "role": row.role,
                "since": row.created,
            }


def _verifications(user: User) -> Iterator[Row]:
    fields = ("id", "email", "state", "reason", "created", "reviewed_at")
    yield from Verification.objects.filter(user=user).values(*fields).iterator()


def _forget_verifications(user: User) -> None:
    Verification.objects.filter(user=user).delete()


def _exports(user: User) -> Iterator[Row]:
    fields = ("id", "state", "created", "size", "expires_at")
    yield from PersonalExport.objects.filter(user=user).values(*fields).iterator()


def _deletions(user: User) -> Iterator[Row]:
    fields = ("id", "state", "created", "due_at")
    yield from Deletion.objects.filter(user=user).values(*fields).iterator()


def _uploads(user: User) -> Iterator[Row]:
    fields = ("id", "filename", "size", "state", "sha256", "created")
    yield from UserUpload.objects.filter(owner=user).values(*fields).iterator()


def _events(user: User) -> Iterator[Row]:
    """What the person did; what an event says beside may be about others and is left out."""
    fields = ("id", "at", "name", "object_type", "object_id", "address")
    yield from Event.objects.filter(actor_id=user.pk).order_by("id").values(*fields).iterator()


def _notifications(user: User) -> Iterator[Row]:
    fields = ("created", "kind", "text", "url", "read_at")
    yield from Notification.objects.filter(user=user).values(*fields).iterator()


def _forget_notifications(user: User) -> None:
    Notification.objects.filter(user=user).delete()
