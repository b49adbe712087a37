"""What can be wrong with a view session, in words for people."""

from app.core.errors import Conflict, PortalError
from viewer.messages import CloseCode

ENDED = "This viewing session has ended. Open the image again."

NO_TICKET = "This viewer server lets in nobody without a ticket of the site's."


class ViewSessionEnded(Conflict):
    """The session is over; the message says why."""

    code = "view-session-ended"
    title = "This viewing session has ended"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or ENDED, advice="Open the image again.")


class SocketRefused(PortalError):
    """What a viewer server tells its client: a close code and a sentence."""

    code = "socket-refused"
    status = 410
    title = "This socket is not let in"

    def __init__(self, close: CloseCode, text: str) -> None:
        super().__init__(text, close=int(close))
