"""Counting what an archive costs to read, and telling how far it was read."""

from __future__ import annotations

from collections.abc import Callable

from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.limits import MIB, ArchiveLimits, readable_bytes

Progress = Callable[[int, str], None]
_TELL_EVERY = 4 * MIB


class Meter:
    """Bytes in and bytes out of one whole archive, shared by its nested streams.

    `doing` says what is being read just now; `progress` hears of it every few megabytes.
    """

    def __init__(self, limits: ArchiveLimits, *, progress: Progress | None = None) -> None:
        self.limits = limits
        self.bytes_in = 0
        self.bytes_out = 0
        self.doing = ""
        self._progress = progress
        self._told = 0

    def took(self, count: int) -> None:
        """Count bytes of the file as uploaded."""
        self.bytes_in += count
        if self._progress is not None and self.bytes_in >= self._told + _TELL_EVERY:
            self._told = self.bytes_in
            self._progress(self.bytes_in, self.doing)
        if self.bytes_in > self.limits.archive_bytes:
            raise ContainerArchiveError(
                code="too_large",
                message="The container image archive is larger than "
                f"{readable_bytes(self.limits.archive_bytes)}.",
                advice="Make the image smaller: a slim base image, no build tools, and model "
                "weights uploaded separately.",
            )

    def gave(self, count: int) -> None:
        """Count bytes that it unpacks to."""
        self.bytes_out += count
        if self.bytes_out > self.limits.unpacked_bytes:
            raise self._bomb(f"more than {readable_bytes(self.limits.unpacked_bytes)}")
        most = max(self.limits.ratio_after, self.limits.ratio * self.bytes_in)
        if self.bytes_out > most:
            raise self._bomb(f"more than {self.limits.ratio} times its own size")

    def _bomb(self, how_much: str) -> ContainerArchiveError:
        return ContainerArchiveError(
            code="unpacks_too_large",
            message=f"The archive unpacks to {how_much}.",
            advice="Upload the file that `docker save` wrote, without other content.",
        )
