"""The portal's errors: classes with data, turned into pages and problem details in one place."""

from collections.abc import Mapping
from typing import Any, ClassVar


class PortalError(Exception):
    """Something a person can understand and act on.

    Attributes
    ----------
    code : stable machine word for this kind of error.
    status : HTTP status that the error becomes.
    title : short heading for the page or problem detail.
    message : what went wrong, in plain words.
    advice : what to do next; may be empty.
    data : further JSON-serialisable facts.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "That did not work"

    def __init__(self, message: str = "", *, advice: str = "", **data: Any) -> None:
        self.message = message or self.title
        self.advice = advice
        self.data: Mapping[str, Any] = data
        super().__init__(self.message)

    def as_problem(self) -> dict[str, Any]:
        """Return the error as an RFC 9457 problem detail."""
        return {
            "type": f"urn:hounsfield:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
            "advice": self.advice,
            **self.data,
        }


class NotFound(PortalError):
    """The object does not exist, or the user may not know that it does: both look alike."""

    code = "not-found"
    status = 404
    title = "Page not found"

    def __init__(self, message: str = "", *, advice: str = "", **data: Any) -> None:
        super().__init__(
            message or "There is nothing here, or you have no access to it.",
            advice=advice or "Ask the owner to give you access, or check the address.",
            **data,
        )


class ValidationFailed(PortalError):
    """Input that cannot be taken; ``fields`` maps a field name to its messages."""

    code = "invalid"
    status = 400
    title = "Please check what you entered"

    def __init__(
        self,
        message: str = "",
        *,
        fields: Mapping[str, list[str]] | None = None,
        advice: str = "",
        **data: Any,
    ) -> None:
        self.fields = dict(fields or {})
        super().__init__(message, advice=advice, fields=self.fields, **data)


class Conflict(PortalError):
    """The object is in a state that does not allow this."""

    code = "conflict"
    status = 409
    title = "Not possible right now"


class TransitionNotAllowed(Conflict):
    """A state machine refused a move."""

    code = "transition-not-allowed"

    def __init__(self, *, model: str, before: str, after: str) -> None:
        super().__init__(
            f"A {model} that is {before.lower()} cannot become {after.lower()}.",
            advice="Reload the page to see its current state.",
            before=before,
            after=after,
        )


class LimitReached(PortalError):
    """A quota or rate limit was met."""

    code = "limit-reached"
    status = 429
    title = "Limit reached"


class ServiceUnavailable(PortalError):
    """A part of the portal that is needed for this is not there now."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"
