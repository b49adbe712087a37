"""Why a signed address was refused."""

from enum import StrEnum


class Refusal(StrEnum):
    """Machine-readable reasons, stable enough to test and to count in a log."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WRONG_ADDRESS = "wrong-address"
    WRONG_RESOURCE = "wrong-resource"


class SignatureRefused(Exception):
    """A signed address that must not be honoured.

    ``reason`` is for programs; the message is for the log. Neither is shown to whoever
    sent the address: all of them look like 403.
    """

    def __init__(self, reason: Refusal, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class SigningKeyError(Exception):
    """A key that cannot be used for signing; the message says what to do about it."""
