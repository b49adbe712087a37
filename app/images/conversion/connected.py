"""Which groups belong together because they share files.

A file may feed several groups (frames of different orientation). Whoever leaves out the files of
one such group would change the others, so all of them are settled together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.images.conversion.model import Group


def connected(groups: Sequence[Group]) -> list[list[Group]]:
    """Return the groups in runs that share no file with another run, in stable order."""
    leader: dict[Path, Path] = {}

    def find(file: Path) -> Path:
        while leader.setdefault(file, file) != file:
            leader[file] = leader[leader[file]]
            file = leader[file]
        return file

    for group in groups:
        first = find(group.files[0])
        for file in group.files[1:]:
            leader[find(file)] = first
    runs: dict[Path, list[Group]] = {}
    for group in groups:
        runs.setdefault(find(group.files[0]), []).append(group)
    return list(runs.values())
