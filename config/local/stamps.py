"""Stamps: a step that was done for the same inputs is not done again."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest_of(paths: Iterable[Path], *words: str) -> str:
    """Return a digest of the names and contents of files, of all files below folders, of words."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in sorted(_files(paths)):
        total.update(str(path).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            below = (found for found in path.rglob("*") if found.is_file())
            yield from (found for found in below if found.suffix != ".pyc")
        elif path.exists():
            yield path


class Stamp:
    """Remembers for which inputs a step was done; kept beside what the step made."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def matches(self, digest: str) -> bool:
        """Tell whether the step was done for these inputs."""
        return self.path.is_file() and self.path.read_text() == digest

    def write(self, digest: str) -> None:
        """Note that the step is done for these inputs."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(digest)
