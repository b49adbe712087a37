"""Walk a data set and leave only what the profile and the image need.

The default is to remove. A kept value is checked for being what its VR says, a replaced one is made
anew, and whatever cannot be read goes: nothing passes that was not understood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from app.images.deidentify import dates, values, words
from app.images.deidentify.codes import is_coded, known_concept
from app.images.deidentify.elements import (
    Element,
    attribute_name,
    count_of,
    raw_of,
    stored,
    text_of,
    vr_of,
)
from app.images.deidentify.errors import DeidentificationError
from app.images.deidentify.private import creator_tag, mosaic_header, name_of
from app.images.deidentify.profile import Profile
from app.images.deidentify.pseudonyms import Pseudonyms, is_uid
from app.images.deidentify.report import Action, Report
from app.images.deidentify.rules import Rule, rules_of

_MOST_DEPTH: Final = 32
_PATIENT_NAME: Final = 0x00100010
_PATIENT_ID: Final = 0x00100020
_PATIENT_AGE: Final = 0x00101010
_ITEM_CODES: Final = frozenset({0x00080100, 0x00080102, 0x00080104, 0x00080119, 0x00080120})
_OLDEST: Final = 89


@dataclass(frozen=True, slots=True)
class _Case:
    """An attribute where it stands: in which data set, at which path, under which rule."""

    dataset: Dataset
    tag: BaseTag
    element: Element
    vr: str
    rule: Rule
    path: str
    depth: int

    @property
    def name(self) -> str:
        """Return the path of keywords that reports call the attribute by."""
        return self.path + attribute_name(self.tag)

    @property
    def text(self) -> str:
        """Return the value as text."""
        return text_of(self.dataset, self.tag)

    def new(self, value: Any) -> DataElement:
        """Return the attribute with another value."""
        return DataElement(self.tag, self.vr, value)


class Walker:
    """De-identifies the data set of one object, all items included.

    `identity` is what the dates of a patient move by; `kept_private` tells afterwards whether a
    private attribute stayed.
    """

    def __init__(self, *, profile: Profile, pseudonyms: Pseudonyms, identity: str) -> None:
        self.report = Report(files=1)
        self.kept_private = False
        self._rules = rules_of(profile)
        self._retain_uids = "retain_uids" in profile.options
        self._pseudonyms = pseudonyms
        self._identity = identity
        self._days = pseudonyms.days(identity, most=profile.shift_days)
        self._actions: dict[str, Callable[[_Case], Element | None]] = {
            "X": self._remove,
            "Z": self._empty,
            "D": self._replace,
            "U": self._replace_uid,
            "K": self._retain,
            "C": self._clean,
            "N": self._keep,
        }

    def walk(self, dataset: Dataset, *, path: str = "", depth: int = 0) -> None:
        """De-identify one data set or item in place."""
        if depth > _MOST_DEPTH:
            raise DeidentificationError("Unreadable", "Sequences are nested too deeply.")
        kept: list[Element] = []
        blocks: set[int] = set()
        if depth and is_coded(dataset):
            kept += self._concept(dataset, path)
        for tag in list(dataset.keys()):
            if depth and tag in _ITEM_CODES:
                continue
            found: Element | None
            if tag.group & 1:
                found = self._private(dataset, tag)
                blocks |= {creator_tag(tag)} if found is not None else set()
            else:
                found = self._public(dataset, tag, path, depth)
            if found is not None:
                kept.append(found)
        kept += [DataElement(BaseTag(tag), "LO", name_of(dataset, tag)) for tag in blocks]
        dataset.clear()
        for element in sorted(kept, key=lambda element: element.tag):
            dataset[element.tag] = element

    def _public(self, dataset: Dataset, tag: BaseTag, path: str, depth: int) -> Element | None:
        """Apply the rule of an attribute; whatever stays of a sequence is de-identified itself."""
        rule = self._rules.rule(tag)
        element = dataset.get_item(tag)
        case = _Case(dataset, tag, element, vr_of(tag, element), rule, path, depth)
        if case.vr == "SQ" and rule.action not in "XZ":
            return self._sequence(case)
        if case.vr == "UI" and rule.action not in "XZ":
            return self._replace_uid(case)
        return self._actions[rule.action](case)

    def _note(self, case: _Case, action: Action, reason: str = "") -> None:
        self.report.add(case.name, action, reason or case.rule.reason)

    def _remove(self, case: _Case) -> None:
        self._note(case, "removed")

    def _empty(self, case: _Case) -> Element:
        self._note(case, "replaced")
        if case.tag == _PATIENT_NAME:
            return case.new(self._pseudonyms.patient(self._identity))
        return case.new(Sequence() if case.vr == "SQ" else None)

    def _replace(self, case: _Case) -> Element:
        self._note(case, "replaced")
        if case.tag == _PATIENT_ID:
            return case.new(self._pseudonyms.patient(case.text or self._identity))
        return case.new(values.DUMMIES.get(case.vr))

    def _replace_uid(self, case: _Case) -> Element:
        action = case.rule.action
        retained = action == "K" or (action == "N" and self._retain_uids)
        uids = [part.strip(" \0") for part in case.text.split("\\")]
        new = [self._new_uid(uid, retained=retained) for uid in uids]
        self._note(case, "kept" if new == uids else "replaced")
        return case.new(new if len(new) > 1 else new[0])

    def _new_uid(self, uid: str, *, retained: bool) -> str:
        if not uid or (retained and is_uid(uid)):
            return uid
        return self._pseudonyms.uid(uid)

    def _retain(self, case: _Case) -> Element | None:
        """Keep what an option allows to keep, if it can be read."""
        raw = raw_of(case.vr, case.element)
        if raw is None or not _retainable(case.vr, raw):
            return self._fall_back(case)
        if case.tag == _PATIENT_AGE and _years(raw) > _OLDEST:
            self._note(case, "replaced")
            return case.new("090Y")
        self._note(case, "kept")
        return stored(case.tag, case.vr, case.element)

    def _clean(self, case: _Case) -> Element | None:
        """Move dates and keep known words."""
        new: str | None = None
        if case.vr in values.DATES:
            parts = [
                dates.moved_back(case.vr, part, days=self._days) for part in case.text.split("\\")
            ]
            new = None if None in parts else "\\".join(part or "" for part in parts)
        elif case.vr in values.TEXT - {"AE", "PN"}:
            new = words.cleaned(case.text) or None
        if new is None or not _fits(case.vr, new):
            return self._fall_back(case)
        self._note(case, "replaced")
        return case.new(new)

    def _fall_back(self, case: _Case) -> Element | None:
        plain = replace(case, rule=Rule(case.rule.fallback, "unreadable"))
        return self._actions[plain.rule.action](plain)

    def _keep(self, case: _Case) -> Element | None:
        """Keep what images need, if there is nothing else in it."""
        if case.rule.check:
            return self._keep_words(case)
        raw = raw_of(case.vr, case.element)
        if raw is not None and _is_needed(case.tag, case.vr, raw):
            self._note(case, "kept")
            return stored(case.tag, case.vr, case.element)
        self._note(case, "removed", "unreadable")
        return None

    def _keep_words(self, case: _Case) -> Element | None:
        text = case.text
        new = self._checked_words(case.rule.check, text)
        if not new or not _fits(case.vr, new):
            self._note(case, "removed", "unreadable" if text else "")
            return None
        self._note(case, "kept" if new == text else "replaced")
        return case.new(new)

    def _checked_words(self, check: str, text: str) -> str:
        """Return what stays of a text by the kind of check in `data/kept.csv`."""
        if check == "kind":
            return "\\".join(self._kind(part.strip(" \0")) for part in text.split("\\"))
        if check == "label":
            short = text.isdigit() and len(text) <= 4
            return text if short or not text else self._pseudonyms.label(text)
        if check == "kernel":
            return words.cleaned_kernel(text)
        if check == "words":
            return text if words.are_terms(text) else words.cleaned(text)
        return ""  # codes are looked at as a whole

    def _kind(self, text: str) -> str:
        """Return a kind of image (ImageType). Manufacturers have words of their own for them.

        Images of a series are told apart by them, so that an unknown one becomes a label.
        """
        return text if words.are_terms(text) else self._pseudonyms.label(text)

    def _sequence(self, case: _Case) -> Element | None:
        """De-identify the items; a code in no public scheme leaves no item."""
        try:
            items = list(case.dataset[case.tag].value)
        except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
            items = [None]
        if not all(isinstance(item, Dataset) for item in items):
            self._note(case, "removed", "unreadable")
            return None
        kept = []
        for item in items:
            coded = is_coded(item)
            self.walk(item, path=f"{case.name}.", depth=case.depth + 1)
            if not coded or len(item):
                kept.append(item)
        self._note(case, "kept")
        return case.new(Sequence(kept))

    def _concept(self, item: Dataset, path: str) -> list[Element]:
        concept = known_concept(item)
        if concept is None:
            self.report.add(f"{path}CodeValue", "removed", "unlisted-code")
            return []
        self.report.add(f"{path}CodeValue", "kept", "needed")
        keyword = 0x00080100 if len(concept.value) <= 16 else 0x00080119
        return [
            DataElement(BaseTag(keyword), vr_of(keyword, None), concept.value),
            DataElement(BaseTag(0x00080102), "SH", concept.scheme),
            DataElement(BaseTag(0x00080104), "LO", concept.meaning),
        ]

    def _private(self, dataset: Dataset, tag: BaseTag) -> Element | None:
        safe = None
        element = dataset.get_item(tag)
        if tag.element >= 0x1000:
            safe = self._rules.safe_private(
                tag.group, name_of(dataset, creator_tag(tag)), tag.element & 0xFF
            )
        found: Element | None = None
        if safe is not None:
            raw = raw_of(safe.vr, element)
            if safe.handler == "csa":
                header = mosaic_header(raw or b"")
                found = None if header is None else DataElement(tag, "OB", header)
            elif raw is not None and values.is_safe(safe.vr, raw):
                found = stored(tag, safe.vr, element)
        name = f"({tag.group:04x},xx{tag.element & 0xFF:02x})"
        if found is None:
            self.report.add(name, "removed", "private")
            return None
        self.kept_private = True
        self.report.add(name, "kept", "safe-private")
        return found


def _is_needed(tag: int, vr: str, raw: bytes) -> bool:
    """Tell whether a value is of its VR, and a code string made of terms of the standard.

    Any bytes are binary numbers, so these must at least be as many as they should.
    """
    if vr in values.SIZES and vr not in values.BULK:
        count = count_of(tag)
        return values.is_safe(vr, raw) and (not count or len(raw) in (0, count * values.SIZES[vr]))
    return values.is_safe(vr, raw) and (vr != "CS" or words.are_terms(raw.decode("latin-1")))


def _fits(vr: str, text: str) -> bool:
    """Tell whether each value is as short as the VR wants (PS3.5 table 6.2-1)."""
    most = {"SH": 16, "CS": 16, "LO": 64}.get(vr, 1024)
    return all(len(part) <= most for part in text.split("\\"))


def _retainable(vr: str, raw: bytes) -> bool:
    if vr in values.DATES:
        text = raw.decode("latin-1")
        return all(dates.is_valid(vr, part) for part in text.split("\\"))
    if vr in values.TEXT - {"CS"}:
        return values.is_plain_text(raw)
    return values.is_safe(vr, raw)


def _years(raw: bytes) -> int:
    text = raw.strip(b" \0")
    return int(text[:3]) if text[3:] == b"Y" else 0
