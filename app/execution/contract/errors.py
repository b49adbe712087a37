"""Errors of the container contract: a stable code, a sentence, and what to do next."""

from __future__ import annotations


class ContractError(Exception):
    """Something an author can mend.

    `code` is for programs and tests, `message` says what is wrong, `advice` what to do next.
    """

    def __init__(self, *, code: str, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice

    def as_record(self) -> dict[str, str]:
        """Return the error as plain JSON."""
        return {"code": self.code, "message": self.message, "advice": self.advice}


class ContainerArchiveError(ContractError):
    """The uploaded archive is not an image that may run here."""


class OutputError(ContractError):
    """A run ended, but what it left in `/output` cannot be taken. `slug` names the socket."""

    def __init__(self, *, code: str, message: str, advice: str = "", slug: str = "") -> None:
        super().__init__(code=code, message=message, advice=advice)
        self.slug = slug
