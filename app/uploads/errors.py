"""What can go wrong with an upload, in words for people."""

from typing import Any

from app.core.errors import Conflict, PortalError


class QuotaReached(PortalError):
    """The user's uploads would hold more than allowed.

    403 rather than 429: trying again at once does not help, and clients retry on 429.
    """

    code = "upload-quota-reached"
    status = 403
    title = "Your upload space is full"

    def __init__(self, message: str, *, advice: str = "", **data: Any) -> None:
        super().__init__(
            message,
            advice=advice or "Import or delete what you have uploaded, then try again.",
            non_field_errors=[message],
            **data,
        )


class TooManyUploads(QuotaReached):
    """The user has too many uploads that nobody has taken over."""

    code = "too-many-uploads"
    status = 400
    title = "Too many uploads at once"


class UploadNotComplete(Conflict):
    """An upload was to be read before all of it had arrived."""

    code = "upload-not-complete"
    title = "This file is not completely uploaded"
