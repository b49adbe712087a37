"""Coded concepts: a code stays when it is in a public coding scheme, with the scheme's own words.

The schemes are those pydicom carries (context groups of PS3.16). CodeMeaning is written anew, since
people type into it. Codes of other schemes may be free text and go.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final, cast

from pydicom.dataset import Dataset

VALUE_KEYWORDS: Final = ("CodeValue", "LongCodeValue", "URNCodeValue")
_OLD_SNOMED: Final = frozenset({"SRT", "SNM3", "99SDM"})
_MOST: Final = 64
_ByValue = dict[str, tuple[str, list[int]]]


@dataclass(frozen=True, slots=True)
class Concept:
    """A code of a public scheme."""

    value: str
    scheme: str
    meaning: str


def is_coded(item: Dataset) -> bool:
    """Tell whether an item of a sequence is a code."""
    return any(keyword in item for keyword in VALUE_KEYWORDS)


def known_concept(item: Dataset) -> Concept | None:
    """Return the concept an item stands for, None when its code is in no public scheme."""
    try:
        value = str(item.get("CodeValue") or item.get("LongCodeValue") or "").strip()
        scheme = str(item.get("CodingSchemeDesignator") or "").strip()
    except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
        return None
    if not value or len(value) > _MOST:
        return None
    lookup = _converted_from_old().get(value, "") if scheme in _OLD_SNOMED else value
    meaning = _meanings().get(("SCT" if scheme in _OLD_SNOMED else scheme, lookup))
    return None if meaning is None else Concept(value, scheme, meaning[:_MOST])


@functools.cache
def _meanings() -> dict[tuple[str, str], str]:
    from pydicom.sr._concepts_dict import concepts  # large: only where there are codes

    return {
        (scheme, value): meaning
        for scheme, by_keyword in cast("dict[str, dict[str, _ByValue]]", concepts).items()
        for by_value in by_keyword.values()
        for value, (meaning, _) in by_value.items()
    }


@functools.cache
def _converted_from_old() -> dict[str, str]:
    from pydicom.sr._snomed_dict import mapping

    return dict(mapping["SRT"])
