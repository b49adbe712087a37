"""Reading the pages of challenges: who sees which."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from app.challenges.models import ChallengePage
from app.challenges.policies import CHALLENGES
from app.core.access import Policy, fetch
from app.core.errors import NotFound

Visibility = ChallengePage.Visibility


class PagePolicy(Policy[ChallengePage]):
    """A page is seen as it says, by whoever sees its challenge; organizers write it."""

    model = ChallengePage

    def visible_to(self, user: Any) -> QuerySet[ChallengePage]:
        """Return the pages that ``user`` may read."""
        rows = ChallengePage.objects.filter(challenge__in=CHALLENGES.visible_to(user))
        if user.is_superuser:
            return rows
        everybody = Q(visibility=Visibility.EVERYBODY)
        participants = Q(
            visibility=Visibility.PARTICIPANTS, challenge__in=CHALLENGES.held_by(user, "view")
        )
        return rows.filter(
            everybody | participants | Q(challenge__in=CHALLENGES.held_by(user, "change"))
        )

    def allows(self, user: Any, obj: ChallengePage, action: str) -> bool:
        """Whoever may change the challenge changes its pages."""
        return action == "view" or CHALLENGES.allows(user, obj.challenge, "change")


PAGES = PagePolicy()


def get_page_for(user: Any, pk: UUID | str, *, action: str = "view") -> ChallengePage:
    """Return the page if ``user`` may do ``action`` with it, else raise `NotFound`."""
    rows = ChallengePage.objects.select_related("challenge")
    return fetch(PAGES, user=user, pk=pk, action=action, queryset=rows)


def page_at(user: Any, challenge: UUID, slug: str) -> ChallengePage:
    """Return the page of a challenge with this short name if ``user`` may read it."""
    rows = PAGES.visible_to(user).select_related("challenge")
    found = rows.filter(challenge=challenge, slug=slug).first()
    if found is None:
        raise NotFound
    return found


def pages_of(challenge: Any, *, viewer: Any) -> QuerySet[ChallengePage]:
    """Return the pages of a challenge that ``viewer`` may read, in their order."""
    return PAGES.visible_to(viewer).filter(challenge=challenge).defer("content")
