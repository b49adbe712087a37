"""Hiding what names a hidden case in the log of a participant's own container.

A container that wants to give hidden data away can write it in words that no filter knows. That is
why what is shown is short, and why what looks like data (long words, rows of numbers) goes too;
organizers can show nothing at all.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

MASK = "▒▒▒"
MOST_LINES = 60
LONGEST_LINE = 240
LONGEST_NAME = 200
_READ_OF_LINE = 4 * LONGEST_LINE
SHORTEST_NAME = 3
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.I)
_DICOM_UID = re.compile(r"(?<![\d.])[0-2](?:\.\d+){4,}(?![\d.])")
_DATA_FILE = re.compile(
    r"[^\s\"'/\\=:,()\[\]]{1,200}\.(?:mha|mhd|raw|zraw|nii(?:\.gz)?|dcm|tiff?|nrrd|nhdr|svs|png|jpe?g|csv)"
    r"(?![\w])",
    re.I,
)
_KEY = re.compile(r"(?<![A-Za-z0-9])(pk|primary key)([\"']?[ \t]{0,4}[:=]?[ \t]{0,4})\d+", re.I)
_LONG_WORD = re.compile(r"[\w+/=\-]{48,}", re.ASCII)
_NUMBERS = re.compile(r"(?:[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?[\s,;|\[\]()]+){8,}", re.I)
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Masker:
    """Hides ``names`` (titles, file names, identifiers) and everything of their kind."""

    names: Iterable[str]
    _pattern: re.Pattern[str] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", _pattern_of(self.names))

    def __call__(self, text: str) -> str:
        """Return ``text`` without what names a case."""
        text = _CONTROL.sub("", text)
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        for pattern in (_UUID, _DICOM_UID, _DATA_FILE, _LONG_WORD):
            text = pattern.sub(MASK, text)
        text = _KEY.sub(rf"\1\2{MASK}", text)
        return _NUMBERS.sub(f"{MASK} ", text)


def masked_excerpt(log: str, *, masker: Masker) -> str:
    """Return the masked end of a log: the last lines, each cut to a readable length."""
    lines = log.splitlines()
    shown = [_masked_line(line, masker) for line in lines[-MOST_LINES:]]
    if len(lines) > MOST_LINES:
        shown.insert(0, f"… only the last {MOST_LINES} lines are shown …")
    return "\n".join(shown)


def _masked_line(line: str, masker: Masker) -> str:
    """Return a masked line; where it is cut, no part of a name is left over."""
    masked = masker(line[:_READ_OF_LINE])
    if len(line) > _READ_OF_LINE:
        masked = masked[:-LONGEST_NAME]
    elif len(masked) <= LONGEST_LINE:
        return masked
    return f"{masked[:LONGEST_LINE]} …"


def _pattern_of(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return one pattern for all names, the longest first; blanks and signs between may vary."""
    found = {_spelled(name) for name in names if len(name.strip()) >= SHORTEST_NAME}
    words = sorted(found - {""}, key=len, reverse=True)
    return (
        re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(words)})(?![A-Za-z0-9])", re.I)
        if words
        else None
    )


def _spelled(name: str) -> str:
    parts = [re.escape(part) for part in re.split(r"[\s_\-.]+", name.strip()) if part]
    return r"[\s_\-.]*".join(parts)
