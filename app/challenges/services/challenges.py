"""Making, changing and joining challenges."""

from django.db import transaction
from django.utils.text import slugify

from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.services import record
from app.challenges.models import Challenge, ChallengeMember
from app.challenges.policies import CHALLENGES


@transaction.atomic
def create_challenge(
    *, actor: User, title: str, description: str = "", public: bool = False
) -> Challenge:
    """Make a challenge; whoever makes it administers it."""
    challenge = Challenge(
        title=title, slug=_free_slug(title), description=description, public=public
    )
    challenge.full_clean()
    challenge.save()
    role = ChallengeMember.Role.ADMIN
    grant_role(CHALLENGES, actor=actor, obj=challenge, user=actor, role=role)
    record("challenges.challenge.created", obj=challenge, actor=actor, data={"title": title})
    return challenge


@transaction.atomic
def update_challenge(*, actor: User, challenge: Challenge, **changes: object) -> Challenge:
    """Change a challenge's texts and publicity."""
    before = {name: getattr(challenge, name) for name in changes}
    for name, value in changes.items():
        setattr(challenge, name, value)
    challenge.full_clean()
    challenge.save()
    record(
        "challenges.challenge.changed",
        obj=challenge,
        actor=actor,
        data={"before": before, "after": changes},
    )
    return challenge


@transaction.atomic
def join_challenge(*, user: User, challenge: Challenge) -> None:
    """Take part in a public challenge; whoever has a role keeps it."""
    if ChallengeMember.objects.filter(target=challenge, user=user).exists():
        return
    role = ChallengeMember.Role.PARTICIPANT
    grant_role(CHALLENGES, actor=user, obj=challenge, user=user, role=role)


def _free_slug(title: str) -> str:
    base = slugify(title)[:50] or "challenge"
    slug, number = base, 2
    while Challenge.objects.filter(slug=slug).exists():
        slug, number = f"{base}-{number}", number + 1
    return slug
