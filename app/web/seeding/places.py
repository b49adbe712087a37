"""The files that a seed file names: below its own folder, reached without any link."""

import hashlib
from functools import lru_cache
from pathlib import Path, PurePosixPath


class UnusablePath(Exception):
    """A path that is not followed; the message is for people."""


def file_below(folder: Path, given: str) -> Path:
    """Return the plain file that ``given`` names below ``folder``."""
    path = _below(folder, given)
    if not path.is_file():
        raise UnusablePath(f"“{given}” is no file in the seed file's folder.")
    return path


def files_below(folder: Path, given: list[str]) -> list[Path]:
    """Return the named files; a folder stands for all files directly in it."""
    found: list[Path] = []
    for one in given:
        path = _below(folder, one)
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.is_file() and not p.is_symlink())
            if not inside:
                raise UnusablePath(f"The folder “{one}” has no files.")
            found += inside
        else:
            found.append(file_below(folder, one))
    return found


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    known = path.stat()
    return _digest(path, known.st_size, known.st_mtime_ns)


def digest_of_all(paths: list[Path]) -> str:
    """Return one digest for a set of files, whatever their order and names."""
    return hashlib.sha256(" ".join(sorted(map(digest_of, paths))).encode()).hexdigest()


@lru_cache(maxsize=1000)
def _digest(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _below(folder: Path, given: str) -> Path:
    pure = PurePosixPath(given)
    if pure.is_absolute() or ".." in pure.parts or "\\" in given or not pure.parts:
        raise UnusablePath(f"“{given}” leads out of the seed file's folder.")
    path = folder
    try:
        for part in pure.parts:
            path = path / part
            if path.is_symlink():
                raise UnusablePath(f"“{given}” is reached through a link, which is not followed.")
        if not path.exists():
            raise UnusablePath(f"“{given}” is not there.")
    except OSError:
        raise UnusablePath(f"“{given}” cannot be a file's name.") from None
    return path
