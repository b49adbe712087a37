"""What stops a build of the demo's containers."""

__all__ = ["BuildError"]


class BuildError(Exception):
    """The containers cannot be built here; the message says what to install or to do."""
