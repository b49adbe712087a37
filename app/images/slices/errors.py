"""What can go wrong with a slice pack."""

from typing import Literal, cast

from isal import isal_zlib

InflateError = cast("type[Exception]", isal_zlib.error)
"""What isal raises for a damaged deflate stream (its type stubs call it a value, not a class)."""

Reason = Literal[
    "not-metaimage",
    "unsupported",
    "truncated",
    "too-large",
    "not-a-pack",
    "damaged",
    "out-of-range",
]


class PackError(Exception):
    """A file that cannot become a pack, or that is not a sound one.

    `reason` is for programs, the text for people.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class SourceError(Exception):
    """The bytes of a pack could not be fetched; trying again may help."""
