"""The demo's people and their organization, as entries of a seed file."""

from typing import Any

from django.conf import settings

from app.accounts.models import User
from app.people.models import Organization

UNVERIFIED = "radiologist"  # so that there is somebody to verify
ADMINISTRATOR = "admin"
PROFILE = ("first_name", "last_name", "institution", "department", "country")


def people() -> dict[str, Any]:
    """Describe the personas; of those who are there only what the demo promises of them."""
    emails = dict(User.objects.values_list("username", "email"))
    users = []
    for persona in settings.DEMO_PERSONAS:
        name = persona["username"]
        administrator = name == ADMINISTRATOR
        user: dict[str, Any] = {
            "username": name,
            "email": emails.get(name, persona["email"]),
            "password": persona["password"],
            "is_staff": administrator,
            "is_superuser": administrator,
        }
        if name not in emails:
            user |= {field: persona[field] for field in PROFILE}
            user["verified"] = name != UNVERIFIED
        users.append(user)
    organizations = [] if Organization.objects.exists() else [_organization()]
    return {"users": users, "organizations": organizations}


def _organization() -> dict[str, Any]:
    return {
        "title": "Phantom Imaging Group",
        "description": "We draw chests that nobody has, for tests that need no patients.",
        "country": "NL",
        "owner": "researcher",
        "members": [{"user": "author", "role": "MEMBER"}],
    }
