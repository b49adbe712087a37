"""Downloads of everything of a challenge, for its organizers."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from app.audit.services import record
from app.challenges import selectors
from app.challenges.exports import TABLES, exported_challenge, exported_table
from app.challenges.models import Challenge
from app.core.errors import NotFound
from app.core.streaming import TABLE_TYPES, streamed

ALL = "everything.json"


@login_required
@require_safe
def export(request: HttpRequest, pk: UUID, filename: str) -> HttpResponseBase:
    """Send a table as CSV or JSON, or all as one JSON file; that is an event too."""
    challenge = selectors.get_challenge_for(request.user, pk, action="change")
    pieces = streamed(request, _pieces(challenge, filename))
    record(
        "challenges.challenge.exported",
        obj=challenge,
        actor=request.user,
        data={"what": filename},
    )
    response = StreamingHttpResponse(pieces, content_type=TABLE_TYPES[filename.rpartition(".")[2]])
    response["Content-Disposition"] = f'attachment; filename="{challenge.slug}-{filename}"'
    response["Cache-Control"] = "no-store"
    return response


def _pieces(challenge: Challenge, filename: str) -> Iterator[str]:
    if filename == ALL:
        return exported_challenge(challenge)
    name, _, ending = filename.rpartition(".")
    if name not in TABLES or ending not in TABLE_TYPES:
        raise NotFound
    return exported_table(challenge, name, ending=ending)
