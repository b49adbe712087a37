"""The smallest valid organizations, verifications and pictures."""

import io
from typing import Any

from PIL import Image

from app.accounts.models import User
from app.accounts.services import grant_role
from app.people.models import Organization, Verification
from app.people.policies import ORGANIZATIONS
from app.people.services import confirm_verification, confirmation_token, request_verification
from app.people.services.organizations import create_organization
from tests.factories.accounts import UserFactory

_counter = iter(range(10**9))


def make_picture(
    *, size: tuple[int, int] = (200, 100), kind: str = "PNG", mode: str = "RGB", **save: Any
) -> bytes:
    """A picture file, black on the left and white on the right."""
    image = Image.new(mode, size)
    image.paste((255,) * len(image.getbands()), (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, kind, **save)
    return out.getvalue()


def make_administrator(**fields: Any) -> User:
    """Somebody who may do everything."""
    return UserFactory(is_superuser=True, is_staff=True, **fields)


def make_known_person(**fields: Any) -> User:
    """Somebody with a complete profile."""
    values = {"institution": "Radboudumc", "department": "Imaging", "country": "NL"} | fields
    return UserFactory(**values)


def make_verification(
    user: User | None = None, *, email: str = "", confirmed: bool = True
) -> Verification:
    """A request to be verified, before the reviewers if it is ``confirmed``."""
    user = user or make_known_person()
    found = request_verification(user=user, email=email or f"{user.username}@hospital.example")
    if confirmed:
        found = confirm_verification(user=user, token=confirmation_token(found))
    return found


def make_organization(
    *, editor: User | None = None, members: tuple[User, ...] = (), **fields: Any
) -> Organization:
    """An organization with one editor."""
    actor = make_administrator()
    values = {"title": f"Organization {next(_counter)}"} | fields
    made = create_organization(actor=actor, editor=editor or UserFactory(), **values)
    for member in members:
        grant_role(ORGANIZATIONS, actor=actor, obj=made, user=member, role="MEMBER")
    return made
