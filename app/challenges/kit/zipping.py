"""A zip file that is made while it is sent, the same bytes for the same content."""

import re
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*", re.ASCII)
"""Names that are files of that name on every system, below the folder they are unpacked in."""
LONGEST = 240
_WHEN = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Entry:
    """A file of the zip; ``chunks`` is asked for when its turn comes.

    ``dense`` content is stored as it is: it is compressed already.
    """

    path: str
    chunks: Callable[[], Iterable[bytes]]
    executable: bool = False
    dense: bool = False


def text_entry(path: str, text: str, *, executable: bool = False) -> Entry:
    """Return a file of this text."""
    return Entry(path, lambda: [text.encode()], executable=executable)


def is_safe(path: str) -> bool:
    """Tell whether a name may stand in a kit."""
    return len(path) <= LONGEST and SAFE.fullmatch(path) is not None


def zipped(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Return the bytes of the zip, never more of them in memory than of one chunk."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for entry in entries:
            with archive.open(_info(entry), "w") as file:
                for chunk in entry.chunks():
                    file.write(chunk)
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()


def _info(entry: Entry) -> zipfile.ZipInfo:
    if not is_safe(entry.path):
        raise ValueError(f"{entry.path[:100]!r} is not a safe name.")
    info = zipfile.ZipInfo(entry.path, date_time=_WHEN)
    info.create_system = 3  # Unix, wherever it is made: only then do modes count
    info.external_attr = (stat.S_IFREG | (0o755 if entry.executable else 0o644)) << 16
    info.compress_type = zipfile.ZIP_STORED if entry.dense else zipfile.ZIP_DEFLATED
    return info


class _Pipe:
    """What is written is taken out again; nothing goes back."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held
