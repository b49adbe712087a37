"""Checking an archive of model weights without unpacking it.

What a run later unpacks to `/opt/ml/model` is proven here: files and folders alone, names that
stay below the folder, and bounded sizes. Nothing is written.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.execution.contract.archive import safe_member_name
from app.execution.contract.errors import ContainerArchiveError
from app.execution.contract.forward import Readable
from app.execution.contract.limits import ArchiveLimits
from app.execution.contract.meter import Meter, Progress
from app.execution.contract.tar_stream import (
    HashingReader,
    iterate_members,
    open_metered,
    readable_archive,
)

WEIGHTS_LIMITS = ArchiveLimits(unpacked_bytes=40 * 1024**3, members=100_000)
_TOO_MUCH = frozenset({"too_large", "unpacks_too_large", "too_many_entries"})
_LESS = "Leave out what no run needs, such as states of the optimizer and older checkpoints."
_SAVE = "Make it anew from the folder: `tar -czhf model.tar.gz -C model .`"


@dataclass(frozen=True, kw_only=True)
class WeightsFacts:
    """What is known of weights after they were read. `digest` is that of the file itself."""

    digest: str
    unpacked_bytes: int
    files: int

    def as_record(self) -> dict[str, Any]:
        """Return the facts as plain JSON."""
        return asdict(self)


def inspect_weights(
    source: Readable, limits: ArchiveLimits | None = None, *, progress: Progress | None = None
) -> WeightsFacts:
    """Check an archive of model weights and say what is in it.

    Raises
    ------
    ContainerArchiveError
        In words for the author, with a code; nothing was written.
    """
    meter = Meter(limits or WEIGHTS_LIMITS, progress=progress)
    meter.doing = "Reading the files"
    stored = HashingReader(source)
    try:
        with readable_archive(_unreadable):
            with open_metered(stored, meter=meter) as (unpacked, _):
                files, total = _check_members(unpacked, meter)
            stored.drain()
    except ContainerArchiveError as error:
        raise _about_weights(error) from error
    if files == 0:
        raise _refusal("empty", "The archive holds no files.")
    return WeightsFacts(digest=stored.digest, unpacked_bytes=total, files=files)


def _check_members(unpacked: Readable, meter: Meter) -> tuple[int, int]:
    kinds: dict[str, bool] = {}
    files = total = 0
    for member, _ in iterate_members(unpacked, limit=meter.limits.members):
        name = safe_member_name(member.name)
        if not (member.isdir() or (member.isreg() and not member.issparse())):
            raise _refusal(
                "links", f"The archive entry `{name}` is a link or a device, not a file."
            )
        if any(len(part.encode()) > 255 for part in name.split("/")):
            raise _refusal("names", f"The archive entry `{name[:80]}…` has too long a name.")
        if name in kinds and not (kinds[name] and member.isdir()):
            raise _refusal("names", f"The archive has two entries named `{name}`.")
        kinds[name] = member.isdir()
        files += member.isreg()
        total += member.size if member.isreg() else 0
    for name in kinds:
        _check_parents(name, kinds)
    return files, total


def _check_parents(name: str, kinds: dict[str, bool]) -> None:
    """A file cannot also be a folder that other files are in."""
    while "/" in name:
        name = name.rpartition("/")[0]
        if not kinds.get(name, True):
            raise _refusal("names", f"The archive has both a file and a folder named `{name}`.")


def _refusal(code: str, message: str) -> ContainerArchiveError:
    return ContainerArchiveError(code=code, message=message, advice=_SAVE)


def _about_weights(error: ContainerArchiveError) -> ContainerArchiveError:
    """What reads both kinds of archives speaks of container images; here it is weights."""
    message = error.message.replace("container image archive", "archive of weights")
    advice = _LESS if error.code in _TOO_MUCH else _SAVE
    return ContainerArchiveError(code=error.code, message=message, advice=advice)


def _unreadable(error: Exception) -> ContainerArchiveError:
    return _refusal("unreadable", f"The file is not a readable archive of weights ({error}).")
