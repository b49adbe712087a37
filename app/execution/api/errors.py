"""Errors of the API for workers."""

from app.core.errors import PortalError


class RunGone(PortalError):
    """The run is no longer this worker's."""

    code = "run-gone"
    status = 410
    title = "This run is no longer yours"

    def __init__(self) -> None:
        super().__init__(advice="Stop the container and take the next job.")
