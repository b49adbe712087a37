"""Writing the pages of a challenge."""

from typing import Any

from django.db import transaction

from app.accounts.models import User
from app.audit.services import change, record
from app.challenges.models import Challenge, ChallengePage
from app.core.errors import Conflict
from app.core.slugs import free_slug

MOST_PAGES = 50


@transaction.atomic
def create_page(*, actor: User, challenge: Challenge, title: str, **fields: Any) -> ChallengePage:
    """Make a page; raises `Conflict` when the challenge has `MOST_PAGES`."""
    challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    if challenge.pages.count() >= MOST_PAGES:
        raise Conflict(
            f"A challenge has at most {MOST_PAGES} pages.", advice="Delete one, or join two."
        )
    slug = free_slug(ChallengePage, title, fallback="page", among=challenge.pages.all())
    page = ChallengePage(challenge=challenge, title=title, slug=slug, **fields)
    page.full_clean()
    page.save()
    record("challenges.page.created", obj=page, actor=actor, data={"title": title})
    return page


def update_page(*, actor: User, page: ChallengePage, **changes: Any) -> ChallengePage:
    """Change a page; its address stays."""
    return change("challenges.page.changed", obj=page, actor=actor, **changes)


@transaction.atomic
def delete_page(*, actor: User, page: ChallengePage) -> None:
    """Delete a page; the history of the challenge keeps its text."""
    data = {"title": page.title, "content": page.content}
    record("challenges.page.deleted", obj=page.challenge, actor=actor, data=data)
    page.delete()
