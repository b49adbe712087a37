"""Making, changing and joining challenges."""

from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.accounts.services import grant_role
from app.audit.services import change, record
from app.challenges.models import Challenge, ChallengeMember
from app.challenges.policies import CHALLENGES
from app.core.ids import new_id
from app.core.slugs import free_slug
from app.requests.models import AccessMode
from app.requests.services import ask_for_access


@transaction.atomic
def create_challenge(
    *,
    actor: User,
    title: str,
    description: str = "",
    public: bool = False,
    access_mode: str = "",
    listed: bool = False,
    team_size: int = 10,
    slug: str = "",
    pk: UUID | None = None,
    owner: User | None = None,
) -> Challenge:
    """Make a challenge; ``owner`` (else whoever makes it) administers it.

    Without an access mode everybody may take part in a public one, and others are asked for.
    """
    challenge = Challenge(
        pk=pk or new_id(),
        title=title,
        slug=slug or free_slug(Challenge, title, fallback="challenge"),
        description=description,
        public=public,
        listed=listed,
        team_size=team_size,
        access_mode=access_mode or (AccessMode.AUTOMATIC if public else AccessMode.MANUAL),
    )
    challenge.full_clean()
    challenge.save()
    grant_role(
        CHALLENGES, actor=actor, obj=challenge, user=owner or actor, role=CHALLENGES.owner_role
    )
    record("challenges.challenge.created", obj=challenge, actor=actor, data={"title": title})
    return challenge


def update_challenge(*, actor: User, challenge: Challenge, **changes: object) -> Challenge:
    """Change a challenge's texts and publicity."""
    return change("challenges.challenge.changed", obj=challenge, actor=actor, **changes)


@transaction.atomic
def join_challenge(*, user: User, challenge: Challenge) -> bool:
    """Ask to take part and tell whether that was enough; whoever has a role keeps it."""
    if ChallengeMember.objects.filter(target=challenge, user=user).exists():
        return True
    return ask_for_access(user=user, target=challenge).accepted
