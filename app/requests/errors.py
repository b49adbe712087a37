"""What can go wrong with a request, as people should read it."""

from app.core.errors import Conflict, NotFound
from app.requests.models import AccessRequest


class RequestGone(NotFound):
    """The request, or what it was about, is not there (any more) for this person."""

    code = "request-gone"

    def __init__(self) -> None:
        super().__init__(
            "There is no such request, or it is none of yours.",
            advice="If it was here before, what it was about has been deleted.",
        )


class AlreadyDecided(Conflict):
    """Somebody was faster: another editor, or whoever asked and withdrew."""

    code = "already-decided"

    def __init__(self, request: AccessRequest) -> None:
        super().__init__(_what_happened(request), advice="Nothing more is to be done.")


def _what_happened(request: AccessRequest) -> str:
    asker = request.user.display_name
    if request.state == AccessRequest.State.WITHDRAWN:
        return f"{asker} has withdrawn this request."
    done = "accepted" if request.state == AccessRequest.State.ACCEPTED else "rejected"
    if request.decided_by is None:
        return f"The request of {asker} was {done} before."
    return f"{request.decided_by.display_name} has already {done} the request of {asker}."
