"""What the tabs of a challenge show, read together with the challenge."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from app.challenges.models import Challenge, ChallengeRequest
from app.challenges.pages import pages_of
from app.challenges.policies import CHALLENGES

_PAGES, _WAITING = "section_pages", "section_waiting"


@dataclass(frozen=True)
class Sections:
    """The pages that somebody may read, and how many people wait to be let in."""

    pages: tuple[tuple[str, str], ...]
    """Title and short name of each, in their order."""
    waiting: int
    """0 for whoever does not decide about them."""


def with_sections(user: Any, rows: QuerySet[Challenge]) -> QuerySet[Challenge]:
    """Return ``rows``, each with what `sections_of` needs, for one request of ``user``."""
    asked = ChallengeRequest.objects.filter(
        target=OuterRef("pk"), state=ChallengeRequest.State.PENDING
    )
    counted = asked.order_by().values("target").annotate(count=Count("pk")).values("count")
    pages = pages_of(OuterRef("pk"), viewer=user)
    return rows.annotate(
        **{
            _PAGES: ArraySubquery(pages.values(found=JSONObject(title=F("title"), slug=F("slug")))),
            _WAITING: Coalesce(Subquery(counted, output_field=IntegerField()), 0),
        }
    )


def sections_of(user: Any, challenge: Challenge) -> Sections:
    """Return what ``user`` sees of the sections; without a query if read `with_sections`."""
    row = challenge if _PAGES in vars(challenge) else _read(user, challenge)
    decides = CHALLENGES.allows(user, challenge, "manage")
    return Sections(
        pages=tuple((page["title"], page["slug"]) for page in vars(row)[_PAGES]),
        waiting=vars(row)[_WAITING] if decides else 0,
    )


def _read(user: Any, challenge: Challenge) -> Challenge:
    return with_sections(user, Challenge.objects.filter(pk=challenge.pk)).get()
